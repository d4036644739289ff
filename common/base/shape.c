/* shape.c -- parses the notation of shapes. See shape.h. */
#include "shape.h"

#include <ctype.h>
#include <string.h>

#include "log.h"
#include "shape_impl.h"

#define STRING(format) "\"type\":\"string\",\"format\":\"" format "\""

static const struct shape_type types[] = {
	{ "string", "\"type\":\"string\"", "\"…\"" },
	{ "int", "\"type\":\"integer\"", "1" },
	{ "num", "\"type\":\"number\"", "0.5" },
	{ "bool", "\"type\":\"boolean\"", "true" },
	{ "null", "\"type\":\"null\"", "null" },
	{ "object", "\"type\":\"object\",\"additionalProperties\":true", "{}" },
	{ "any", "", "{}" },
	{ "true", "\"const\":true", "true" },
	{ "false", "\"const\":false", "false" },
	{ "time", STRING("date-time"), "\"2026-01-31T09:08:07.006Z\"" },
	{ "date", STRING("date"), "\"2026-01-31\"" },
	{ "uuid", STRING("uuid"), "\"6f0c4a52-9d0e-4c1b-8f0a-2b7d5e3c9a10\"" },
	{ "email", STRING("email"), "\"a@b.kr\"" },
	{ "id", "\"type\":\"string\",\"minLength\":1,\"maxLength\":255", "\"p-1\"" },
};

/* Where the parser stands. */
struct scan {
	struct arena			*mem;
	const struct shape_name		*names;
	const char			*p;
};

static struct shape *parse_union(struct scan *s);

static void
skip_blanks(struct scan *s)
{
	while (isspace((unsigned char)*s->p))
		s->p++;
}

static bool
take(struct scan *s, const char *token)
{
	size_t n = strlen(token);

	if (strncmp(s->p, token, n) != 0)
		return false;
	s->p += n;
	skip_blanks(s);
	return true;
}

static _Noreturn void
refuse(struct scan *s, const char *wanted)
{
	bug(arena_printf(s->mem, "a shape needs %s before: %s", wanted, s->p));
}

static void
need(struct scan *s, const char *token)
{
	if (!take(s, token))
		refuse(s, token);
}

static struct str
take_word(struct scan *s)
{
	struct str word = { s->p, 0 };

	while (isalnum((unsigned char)s->p[word.n]) || s->p[word.n] == '_' || s->p[word.n] == '-')
		word.n++;
	if (word.n == 0)
		refuse(s, "a word");
	s->p += word.n;
	skip_blanks(s);
	return word;
}

static struct shape *
make(struct scan *s, enum shape_kind kind)
{
	struct shape *made = arena_zalloc(s->mem, sizeof(*made));

	made->kind = kind;
	return made;
}

/* The shape that a name stands for. */
static struct shape *
find_named(struct scan *s, struct str name)
{
	const struct shape_name *n;

	for (n = s->names; n != NULL && n->name != NULL; n++)
		if (str_eq(str_of(n->name), name)) {
			const char *text = n->text;

			return shape_parse(s->mem, s->names, &text);
		}
	refuse(s, "a known name");
}

static const struct shape_type *
find_type(struct scan *s, struct str word)
{
	size_t i;

	for (i = 0; i < NELEM(types); i++)
		if (str_eq(str_of(types[i].word), word))
			return &types[i];
	refuse(s, "a known type");
}

static struct shape *
parse_word(struct scan *s)
{
	struct str word = take_word(s);
	struct shape *made;

	if (isupper((unsigned char)word.p[0])) {
		made = make(s, SHAPE_NAMED);
		made->text = word;
		made->inner = find_named(s, word);
		return made;
	}
	made = make(s, SHAPE_PLAIN);
	made->type = find_type(s, word);
	return made;
}

/* What stands between two of these quotes; the text may end with blanks, so that need() cannot take the first. */
static struct str
take_quoted(struct scan *s, char quote)
{
	struct str text = { ++s->p, 0 };

	text.n = strcspn(text.p, (char[]){ quote, '\0' });
	s->p += text.n;
	need(s, (char[]){ quote, '\0' });
	return text;
}

static struct shape *
parse_text(struct scan *s)
{
	struct shape *made = make(s, SHAPE_TEXT);

	made->text = take_quoted(s, '\'');
	return made;
}

static struct str
take_number(struct scan *s)
{
	struct str n = { s->p, strspn(s->p, "-0123456789") };

	if (n.n == 0)
		refuse(s, "a number");
	s->p += n.n;
	return n;
}

static struct shape *
parse_range(struct scan *s)
{
	struct shape *made = make(s, SHAPE_RANGE);

	made->text = take_number(s);
	need(s, "..");
	made->most = take_number(s);
	made->type = find_type(s, take(s, "i") ? STR("int") : STR("num"));
	skip_blanks(s);
	return made;
}

static struct shape *
parse_list(struct scan *s)
{
	struct shape *made = make(s, SHAPE_LIST);

	made->inner = parse_union(s);
	need(s, "]");
	return made;
}

/* A JSON value: up to what ends it outside of strings and brackets. */
static struct str
take_value(struct scan *s)
{
	struct str value = { s->p, 0 };
	bool quoted = false;
	int depth = 0;

	for (; s->p[value.n] != '\0'; value.n++) {
		char c = s->p[value.n];

		if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '{' || c == '['))
			depth++;
		else if (!quoted && depth == 0 && strchr(",}] ", c) != NULL)
			break;
		else if (!quoted && (c == '}' || c == ']'))
			depth--;
	}
	s->p += value.n;
	skip_blanks(s);
	return value;
}

/* Adds a member, or those of a named shape, behind *last; returns where the next one goes. */
static struct shape **
parse_member(struct scan *s, struct shape **last)
{
	bool optional, any;
	struct str name = { "*", 1 };

	if (take(s, "...")) {
		*last = find_named(s, take_word(s))->inner;
		while (*last != NULL)
			last = &(*last)->next;
		return last;
	}
	optional = take(s, "?");
	any = take(s, "*");
	if (!any)
		name = take_word(s);
	need(s, ":");
	*last = parse_union(s);
	(*last)->name = name;
	(*last)->optional = optional || any;
	return &(*last)->next;
}

static struct shape *
parse_object(struct scan *s)
{
	struct shape *made = make(s, SHAPE_OBJECT), **last = &made->inner;

	if (take(s, "}"))
		return made;
	do {
		if ((made->open = strncmp(s->p, "...}", 4) == 0))
			(void)take(s, "...");
		else
			last = parse_member(s, last);
	} while (!made->open && take(s, ","));
	need(s, "}");
	return made;
}

static struct shape *
parse_one(struct scan *s)
{
	if (take(s, "{"))
		return parse_object(s);
	if (take(s, "["))
		return parse_list(s);
	if (*s->p == '\'')
		return parse_text(s);
	return *s->p == '-' || isdigit((unsigned char)*s->p) ? parse_range(s) : parse_word(s);
}

static struct shape *
parse_union(struct scan *s)
{
	struct shape *made, **last;

	(void)take(s, "|");
	made = parse_one(s);
	last = &made->next;
	if (*s->p == '|') {
		struct shape *either = make(s, SHAPE_UNION);

		for (either->inner = made; take(s, "|"); last = &(*last)->next)
			*last = parse_one(s);
		made = either;
	}
	if (*s->p == '"')
		made->help = take_quoted(s, '"');
	if (take(s, "="))
		made->example = take_value(s);
	return made;
}

struct shape *
shape_parse(struct arena *mem, const struct shape_name *names, const char **text)
{
	struct scan s = { mem, names, *text };
	struct shape *made;

	skip_blanks(&s);
	made = parse_union(&s);
	*text = s.p;
	return made;
}
