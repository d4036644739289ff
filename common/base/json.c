/* json.c -- the JSON tree (cJSON, in the caller's arena) and the writer. See json.h.
 *
 * cJSON takes its memory from global hooks; they point to the arena of the one parse under way, which never yields.
 * cJSON keeps a number as a double; valuestring holds the text of each number that is not plain (json_number.h).
 */
#include "json.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "err.h"
#include "json_number.h"

#define INT_MAX_EXACT	9007199254740992	/* 2^53 */

static struct arena *hook_arena;

static void *
hook_alloc(size_t n)
{
	return arena_alloc(hook_arena, n);
}

static void
hook_free(void *p)
{
	(void)p;
}

static void
use_arena(struct arena *mem)
{
	static bool hooked;

	if (!hooked)
		cJSON_InitHooks(&(cJSON_Hooks){ .malloc_fn = hook_alloc, .free_fn = hook_free });
	hooked = true;
	hook_arena = mem;
}

static const cJSON *
tree(const struct json *j)
{
	return (const cJSON *)(const void *)j;
}

static const struct json *
value(const cJSON *c)
{
	return (const struct json *)(const void *)c;
}

/* Copies the text of numbers into the tree, which has them in the order of `text`; moves `text` behind the last. */
static void
keep_numbers(struct arena *mem, cJSON *c, struct str *text)
{
	for (; c != NULL; c = c->next) {
		struct str number;

		if (cJSON_IsNumber(c) && json_number_next(text, &number) && !json_number_plain(number))
			c->valuestring = arena_copy(mem, number.p, number.n);
		keep_numbers(mem, c->child, text);
	}
}

int
json_parse(struct arena *mem, const char *p, size_t n, const struct json **out)
{
	struct str text = { p, n };
	bool plain;
	cJSON *root;
	int rc;

	if ((rc = json_check_numbers(p, n, &plain)) < 0)
		return rc;
	use_arena(mem);
	if ((root = cJSON_ParseWithLength(p, n)) == NULL)
		return E_JSON;
	if (!plain)
		keep_numbers(mem, root, &text);
	*out = value(root);
	return 0;
}

enum json_type
json_type(const struct json *j)
{
	switch (j == NULL ? cJSON_NULL : tree(j)->type & 0xff) {
	case cJSON_True:
	case cJSON_False:	return JSON_BOOL;
	case cJSON_Number:	return JSON_NUMBER;
	case cJSON_String:	return JSON_STRING;
	case cJSON_Array:	return JSON_ARRAY;
	case cJSON_Object:	return JSON_OBJECT;
	default:		return JSON_NULL;
	}
}

const struct json *
json_get(const struct json *j, const char *name)
{
	return j == NULL ? NULL : value(cJSON_GetObjectItemCaseSensitive(tree(j), name));
}

const struct json *
json_first(const struct json *j)
{
	return j == NULL ? NULL : value(tree(j)->child);
}

const struct json *
json_next(const struct json *v)
{
	return value(tree(v)->next);
}

size_t
json_count(const struct json *j)
{
	return j == NULL ? 0 : (size_t)cJSON_GetArraySize(tree(j));
}

const char *
json_name(const struct json *v)
{
	return tree(v)->string;
}

const char *
json_str(const struct json *j)
{
	return j == NULL ? NULL : cJSON_GetStringValue(tree(j));
}

double
json_num(const struct json *j, double fallback)
{
	return j != NULL && cJSON_IsNumber(tree(j)) ? tree(j)->valuedouble : fallback;
}

bool
json_int(const struct json *j, int64_t *out)
{
	double d = json_num(j, NAN);

	if (!(fabs(d) <= INT_MAX_EXACT) || d != trunc(d))
		return false;
	if (fabs(d) == INT_MAX_EXACT)		/* its neighbour has the same double */
		return tree(j)->valuestring != NULL &&
		    parse_int(tree(j)->valuestring, -INT_MAX_EXACT, INT_MAX_EXACT, out);
	*out = (int64_t)d;
	return true;
}

bool
json_bool(const struct json *j, bool fallback)
{
	return j != NULL && cJSON_IsBool(tree(j)) ? cJSON_IsTrue(tree(j)) : fallback;
}

void
json_put_str(struct buf *b, const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, from = 0;

	buf_byte(b, '"');
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		const char *named = "\"\\\b\f\n\r\t", *hit;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(b, p + from, i - from);
		from = i + 1;
		buf_byte(b, '\\');
		if (c != 0 && (hit = strchr(named, c)) != NULL) {
			buf_byte(b, "\"\\bfnrt"[hit - named]);
		} else {
			char u[5] = { 'u', '0', '0', hex[c >> 4], hex[c & 15] };

			buf_add(b, u, sizeof(u));
		}
	}
	buf_add(b, p + from, n - from);
	buf_byte(b, '"');
}

static void
put_num(struct buf *b, double d)
{
	char text[NUM_TEXT_BYTES];

	buf_str(b, isfinite(d) ? num_text(text, d) : "null");
}

static void
put_value(struct buf *b, const struct json_field *f)
{
	char time[TIME_TEXT_BYTES];

	switch (f->kind) {
	case FIELD_INT:	buf_printf(b, "%lld", (long long)f->v.i); break;
	case FIELD_NUM:	put_num(b, f->v.d); break;
	case FIELD_BOOL: buf_str(b, f->v.i ? "true" : "false"); break;
	case FIELD_TIME: buf_printf(b, "\"%s\"", time_text(time, f->v.i)); break;
	case FIELD_RAW:	buf_add(b, f->v.s.p == NULL ? "null" : f->v.s.p, f->v.s.p == NULL ? 4 : f->v.s.n); break;
	case FIELD_STR:
		if (f->v.s.p == NULL)
			buf_str(b, "null");
		else
			json_put_str(b, f->v.s.p, f->v.s.n);
		break;
	case FIELD_SKIP: break;
	}
}

void
json_put_fields(struct buf *b, const struct json_field *f, size_t n)
{
	bool more = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (f[i].kind == FIELD_SKIP)
			continue;
		if (more)
			buf_byte(b, ',');
		more = true;
		json_put_str(b, f[i].name, strlen(f[i].name));
		buf_byte(b, ':');
		put_value(b, &f[i]);
	}
}

void
json_put_obj(struct buf *b, const struct json_field *f, size_t n)
{
	buf_byte(b, '{');
	json_put_fields(b, f, n);
	buf_byte(b, '}');
}

struct str
json_obj_n(struct arena *mem, const struct json_field *f, size_t n)
{
	static struct buf scratch;	/* grows to the largest object once */

	buf_reset(&scratch);
	json_put_obj(&scratch, f, n);
	return (struct str){ arena_copy(mem, scratch.p, scratch.n), scratch.n };
}

struct str
json_value(struct arena *mem, const char *text)
{
	struct buf b = { 0 };
	struct str out = STR("null");

	if (text == NULL)
		return out;
	json_put_str(&b, text, strlen(text));
	return buf_to_arena(mem, &b);
}

static void	 put_tree(struct buf *b, const cJSON *c);

static void
put_children(struct buf *b, const cJSON *c, char open, char shut)
{
	const cJSON *v;

	buf_byte(b, open);
	for (v = c->child; v != NULL; v = v->next) {
		if (v != c->child)
			buf_byte(b, ',');
		if (open == '{') {
			json_put_str(b, v->string, strlen(v->string));
			buf_byte(b, ':');
		}
		put_tree(b, v);
	}
	buf_byte(b, shut);
}

/* Recursion ends at JSON_DEPTH_MAX. */
static void
put_tree(struct buf *b, const cJSON *c)
{
	switch (c->type & 0xff) {
	case cJSON_False:	buf_str(b, "false"); break;
	case cJSON_True:	buf_str(b, "true"); break;
	case cJSON_String:	json_put_str(b, c->valuestring, strlen(c->valuestring)); break;
	case cJSON_Array:	put_children(b, c, '[', ']'); break;
	case cJSON_Object:	put_children(b, c, '{', '}'); break;
	case cJSON_Number:
		if (c->valuestring != NULL)
			buf_str(b, c->valuestring);
		else
			put_num(b, c->valuedouble);
		break;
	default:		buf_str(b, "null"); break;
	}
}

struct str
json_text(struct arena *mem, const struct json *j)
{
	static struct buf scratch;	/* grows to the largest text once */

	buf_reset(&scratch);
	put_tree(&scratch, tree(j));
	return (struct str){ arena_copy(mem, scratch.p, scratch.n), scratch.n };
}

static bool
is_named(const char *name, const struct json_field *f, size_t n, const char *const *but)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (f[i].kind != FIELD_SKIP && strcmp(f[i].name, name) == 0)
			return true;
	for (; but != NULL && *but != NULL; but++)
		if (strcmp(*but, name) == 0)
			return true;
	return false;
}

void
json_put_others(struct buf *b, const struct json *j, const struct json_field *f, size_t n, const char *const *but)
{
	const struct json *v;

	for (v = json_first(j); v != NULL; v = json_next(v)) {
		if (is_named(json_name(v), f, n, but))
			continue;
		buf_byte(b, ',');
		json_put_str(b, json_name(v), strlen(json_name(v)));
		buf_byte(b, ':');
		put_tree(b, tree(v));
	}
}
