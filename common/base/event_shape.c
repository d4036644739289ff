/* event_shape.c -- reads the notation by recursive descent, one function a rule. See event_shape.h. */
#include "event_shape.h"

#include <string.h>

#include "json.h"
#include "str.h"

struct reading {
	const char	*at;
	int		 depth;
	bool		 bad;
};

/* What the alternatives of one value have in common: words, plain types, and whole schemas. */
struct union_of {
	struct buf	 words, types, wholes;
	int		 n_words, n_types, n_wholes;
};

static void	 put_value(struct buf *out, struct reading *r);

static void
skip_space(struct reading *r)
{
	while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n')
		r->at++;
}

/* Whether this character comes next; then it is taken. */
static bool
take(struct reading *r, char c)
{
	skip_space(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static void
need(struct reading *r, char c)
{
	if (!take(r, c))
		r->bad = true;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("_-$", c) != NULL);
}

static struct str
take_word(struct reading *r)
{
	struct str word;

	skip_space(r);
	word.p = r->at;
	while (is_word_char(*r->at))
		r->at++;
	word.n = (size_t)(r->at - word.p);
	r->bad |= word.n == 0;
	return word;
}

/* The text up to the next `quote`, behind the one that was taken. */
static struct str
take_quoted(struct reading *r, char quote)
{
	const char *end = strchr(r->at, quote);
	struct str text = { r->at, end != NULL ? (size_t)(end - r->at) : 0 };

	r->bad |= end == NULL;
	r->at += text.n + (end != NULL);
	return text;
}

static void
put_comma(struct buf *out, int *n)
{
	if ((*n)++ > 0)
		buf_byte(out, ',');
}

/* --- Types --- */

/* "0..100" or "0..100i"; false: no number comes next. */
static bool
put_range(struct buf *out, struct reading *r)
{
	size_t min, max;
	const char *at;

	skip_space(r);
	at = r->at;
	min = strspn(at, "-0123456789");
	if (min == 0 || strncmp(at + min, "..", 2) != 0)
		return false;
	max = strspn(at + min + 2, "-0123456789");
	r->at = at + min + 2 + max;
	r->bad |= max == 0;
	buf_printf(out, "{\"type\":\"%s\",\"minimum\":%.*s,\"maximum\":%.*s}", take(r, 'i') ? "integer" :
	    "number", (int)min,
	    at, (int)max, at + min + 2);
	return true;
}

static const struct {
	const char	*word, *type, *whole;
} types[] = {
	{ "str", "string", NULL },
	{ "int", "integer", NULL },
	{ "num", "number", NULL },
	{ "bool", "boolean", NULL },
	{ "object", "object", NULL },
	{ "null", "null", NULL },
	{ "true", NULL, "{\"const\":true}" },
	{ "false", NULL, "{\"const\":false}" },
	{ "any", NULL, "{\"title\":\"any value\"}" },
	{ "id", NULL, "{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}" },
	{ "time", NULL, "{\"type\":\"string\",\"format\":\"date-time\"}" },
};

static void
add_type(struct union_of *u, struct reading *r)
{
	struct str word = take_word(r);
	size_t i;

	for (i = 0; i < NELEM(types) && !str_eq(word, str_of(types[i].word)); i++)
		;
	if (i == NELEM(types)) {
		r->bad = true;
	} else if (types[i].type != NULL) {
		put_comma(&u->types, &u->n_types);
		buf_printf(&u->types, "\"%s\"", types[i].type);
	} else {
		put_comma(&u->wholes, &u->n_wholes);
		buf_str(&u->wholes, types[i].whole);
	}
}

/* --- Lists and objects --- */

static void
put_list(struct buf *out, struct reading *r)
{
	buf_str(out, "{\"type\":\"array\",\"items\":");
	put_value(out, r);
	need(r, ']');
	buf_byte(out, '}');
}

/* One member, as a property, and its name in `required` unless it may be absent. */
static void
put_member(struct buf *out, struct buf *required, int *n, int *n_required, struct reading *r)
{
	struct str name = take_word(r);

	put_comma(out, n);
	json_put_str(out, name.p, name.n);
	if (!take(r, '?')) {
		put_comma(required, n_required);
		json_put_str(required, name.p, name.n);
	}
	need(r, ':');
	buf_byte(out, ':');
	put_value(out, r);
}

/* "..." at the end; or "*:x" alone, of which the value goes to `rest`. */
static bool
take_rest(struct buf *rest, struct reading *r)
{
	skip_space(r);
	if (strncmp(r->at, "...", 3) == 0) {
		r->at += 3;
		buf_str(rest, ",\"additionalProperties\":true");
	} else if (take(r, '*')) {
		need(r, ':');
		buf_str(rest, ",\"additionalProperties\":");
		put_value(rest, r);
	}
	return rest->n > 0;
}

static void
put_object(struct buf *out, struct reading *r)
{
	struct buf required = { 0 }, rest = { 0 };
	int n = 0, n_required = 0;

	buf_str(out, "{\"type\":\"object\",\"properties\":{");
	while (!take(r, '}') && !r->bad) {
		if (n > 0)
			need(r, ',');
		if (take_rest(&rest, r)) {
			need(r, '}');
			break;
		}
		put_member(out, &required, &n, &n_required, r);
	}
	buf_byte(out, '}');
	if (n_required > 0)
		buf_printf(out, ",\"required\":[%.*s]", (int)required.n, required.p);
	buf_add(out, rest.p, rest.n);
	buf_byte(out, '}');
	buf_fini(&required);
	buf_fini(&rest);
}

/* --- Values --- */

static void
add_whole(struct union_of *u, struct reading *r, void (*put)(struct buf *out, struct reading *r))
{
	put_comma(&u->wholes, &u->n_wholes);
	put(&u->wholes, r);
}

static void
put_reference(struct buf *out, struct reading *r)
{
	struct str name = take_word(r);

	buf_printf(out, "{\"$ref\":\"#/components/schemas/%.*s\"}", (int)name.n, name.p);
}

static void
add_alternative(struct union_of *u, struct reading *r)
{
	struct str word;
	struct buf range = { 0 };

	if (take(r, '\'')) {
		word = take_quoted(r, '\'');
		put_comma(&u->words, &u->n_words);
		json_put_str(&u->words, word.p, word.n);
	} else if (take(r, '[')) {
		add_whole(u, r, put_list);
	} else if (take(r, '{')) {
		add_whole(u, r, put_object);
	} else if (take(r, '@')) {
		add_whole(u, r, put_reference);
	} else if (put_range(&range, r)) {
		put_comma(&u->wholes, &u->n_wholes);
		buf_add(&u->wholes, range.p, range.n);
	} else {
		add_type(u, r);
	}
	buf_fini(&range);
}

/* Without braces around a sole part, of which the members of "anyOf" are made. */
static void
put_union(struct buf *out, const struct union_of *u)
{
	bool several = (u->n_words > 0) + (u->n_types > 0) + u->n_wholes > 1;
	int n = 0;

	buf_str(out, several ? "{\"anyOf\":[" : "");
	if (u->n_words > 0) {
		put_comma(out, &n);
		buf_printf(out, "{\"type\":\"string\",\"enum\":[%.*s]}", (int)u->words.n, u->words.p);
	}
	if (u->n_types > 0) {
		put_comma(out, &n);
		buf_printf(out, u->n_types > 1 ? "{\"type\":[%.*s]}" : "{\"type\":%.*s}", (int)u->types.n,
		    u->types.p);
	}
	if (u->n_wholes > 0) {
		put_comma(out, &n);
		buf_add(out, u->wholes.p, u->wholes.n);
	}
	buf_str(out, several ? "]}" : "");
}

/* A description goes into the schema, but not beside a reference, where older readers ignore it. */
static void
put_description(struct buf *out, struct reading *r, size_t from)
{
	struct str text;

	if (!take(r, '"'))
		return;
	text = take_quoted(r, '"');
	if (r->bad)
		return;
	if (out->n - from > 8 && strncmp(out->p + from, "{\"$ref\":", 8) == 0) {
		struct buf inner = { 0 };

		buf_add(&inner, out->p + from, out->n - from);
		out->n = from;
		buf_printf(out, "{\"allOf\":[%.*s]}", (int)inner.n, inner.p);
		buf_fini(&inner);
	}
	out->n--;
	buf_str(out, ",\"description\":");
	json_put_str(out, text.p, text.n);
	buf_byte(out, '}');
}

static void
put_value(struct buf *out, struct reading *r)
{
	struct union_of u = { .n_words = 0 };
	size_t from = out->n;

	if (++r->depth > EVENT_SHAPE_DEPTH_MAX)
		r->bad = true;
	do {
		if (!r->bad)
			add_alternative(&u, r);
	} while (!r->bad && take(r, '|'));
	put_union(out, &u);
	put_description(out, r, from);
	r->depth--;
	buf_fini(&u.words);
	buf_fini(&u.types);
	buf_fini(&u.wholes);
}

bool
event_shape_schema(struct buf *out, const char *shape)
{
	struct reading r = { .at = shape };

	put_value(out, &r);
	skip_space(&r);
	return !r.bad && *r.at == '\0';
}
