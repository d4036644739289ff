/* schema_ts.c -- see schema_ts.h. */
#include "schema_ts.h"

#include <string.h>

static void
put_tabs(struct buf *out, int depth)
{
	while (depth-- > 0)
		buf_byte(out, '\t');
}

void
schema_ts_comment(struct buf *out, const char *text, int depth)
{
	if (text == NULL || strstr(text, "*/") != NULL)
		return;
	put_tabs(out, depth);
	buf_printf(out, "/** %s */\n", text);
}

static void
put_value(struct buf *out, const struct json *v)
{
	struct arena mem;
	struct str text;

	arena_init(&mem, 256);
	text = json_text(&mem, v);
	buf_add(out, text.p, text.n);
	arena_fini(&mem);
}

/* The types of all these schemas, or all these values, with `sign` between them. */
static void
put_all(struct buf *out, const struct json *list, const char *sign, int depth, bool values)
{
	const struct json *v;

	for (v = json_first(list); v != NULL; v = json_next(v)) {
		buf_str(out, v == json_first(list) ? "" : sign);
		if (values)
			put_value(out, v);
		else
			schema_ts(out, v, depth);
	}
}

/* --- Objects --- */

static bool
is_required(const struct json *schema, const char *name)
{
	const struct json *v;

	for (v = json_first(json_get(schema, "required")); v != NULL; v = json_next(v))
		if (strcmp(json_str(v), name) == 0)
			return true;
	return false;
}

static bool
is_identifier(const char *name)
{
	return *name != '\0' && name[strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$0123456789")] == '\0' &&
	    !(*name >= '0' && *name <= '9');
}

static void
put_member(struct buf *out, const struct json *schema, const struct json *member, int depth)
{
	const char *name = json_name(member);

	schema_ts_comment(out, json_str(json_get(member, "description")), depth);
	put_tabs(out, depth);
	if (is_identifier(name))
		buf_str(out, name);
	else
		json_put_str(out, name, strlen(name));
	buf_str(out, is_required(schema, name) ? ": " : "?: ");
	schema_ts(out, member, depth);
	buf_str(out, ";\n");
}

static void
put_object(struct buf *out, const struct json *schema, int depth)
{
	const struct json *members = json_get(schema, "properties"), *rest = json_get(schema,
	    "additionalProperties"), *m;

	if (json_count(members) == 0) {
		buf_str(out, "Record<string, ");
		schema_ts(out, rest, depth);
		buf_byte(out, '>');
		return;
	}
	buf_str(out, "{\n");
	for (m = json_first(members); m != NULL; m = json_next(m))
		put_member(out, schema, m, depth + 1);
	put_tabs(out, depth);
	buf_byte(out, '}');
}

/* --- Types --- */

static void
put_list(struct buf *out, const struct json *schema, int depth)
{
	buf_str(out, "Array<");
	schema_ts(out, json_get(schema, "items"), depth);
	buf_byte(out, '>');
}

static void
put_type(struct buf *out, const char *type, const struct json *schema, int depth)
{
	static const char *const plain[][2] = { { "string", "string" }, { "integer", "number" }, { "number",
	    "number" },
		{ "boolean", "boolean" }, { "null", "null" } };
	size_t i;

	if (strcmp(type, "array") == 0) {
		put_list(out, schema, depth);
	} else if (strcmp(type, "object") == 0) {
		put_object(out, schema, depth);
	} else {
		for (i = 0; i < NELEM(plain) && strcmp(plain[i][0], type) != 0; i++)
			;
		buf_str(out, i < NELEM(plain) ? plain[i][1] : "unknown");
	}
}

static void
put_types(struct buf *out, const struct json *schema, int depth)
{
	const struct json *type = json_get(schema, "type"), *t;

	if (json_str(type) != NULL)
		put_type(out, json_str(type), schema, depth);
	else if (json_count(type) == 0)
		buf_str(out, "unknown");
	else
		for (t = json_first(type); t != NULL; t = json_next(t)) {
			buf_str(out, t == json_first(type) ? "" : " | ");
			put_type(out, json_str(t), schema, depth);
		}
}

void
schema_ts(struct buf *out, const struct json *schema, int depth)
{
	const char *ref = json_str(json_get(schema, "$ref"));
	const struct json *list;

	if (ref != NULL) {
		buf_str(out, strrchr(ref, '/') != NULL ? strrchr(ref, '/') + 1 : ref);
	} else if ((list = json_get(schema, "const")) != NULL) {
		put_value(out, list);
	} else if ((list = json_get(schema, "enum")) != NULL) {
		put_all(out, list, " | ", depth, true);
	} else if ((list = json_get(schema, "anyOf")) != NULL) {
		put_all(out, list, " | ", depth, false);
	} else if ((list = json_get(schema, "allOf")) != NULL) {
		put_all(out, list, " & ", depth, false);
	} else {
		put_types(out, schema, depth);
	}
}
