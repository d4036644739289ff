/* shape_put.c -- a parsed shape as JSON Schema and as an example. See shape.h. */
#include <string.h>

#include "json.h"
#include "shape_impl.h"

#define TYPE "\"type\":"

static bool
is_type(const struct shape *s, const char *word)
{
	return s->kind == SHAPE_PLAIN && strcmp(s->type->word, word) == 0;
}

/* Whether all alternatives are texts, or null: an enum. */
static bool
is_enum(const struct shape *s)
{
	for (s = s->inner; s != NULL; s = s->next)
		if (s->kind != SHAPE_TEXT && !is_type(s, "null"))
			return false;
	return true;
}

/* Each once, where the same ones are beside each other. */
static void
put_enum(struct buf *out, const struct shape *s)
{
	struct str last = { NULL, 0 };
	const char *comma = "";

	buf_str(out, "{\"enum\":[");
	for (s = s->inner; s != NULL; s = s->next) {
		if (s->kind == SHAPE_TEXT && last.p != NULL && str_eq(last, s->text))
			continue;
		buf_str(out, comma);
		if (s->kind == SHAPE_TEXT)
			json_put_str(out, s->text.p, s->text.n);
		else
			buf_str(out, "null");
		last = s->text;
		comma = ",";
	}
	buf_str(out, "]}");
}

/* Whether all alternatives are plain types without more to say: one list of types. */
static bool
is_type_list(const struct shape *s)
{
	for (s = s->inner; s != NULL; s = s->next)
		if (s->kind != SHAPE_PLAIN || strchr(s->type->schema, ',') != NULL ||
		    strncmp(s->type->schema, TYPE, strlen(TYPE)) != 0)
			return false;
	return true;
}

static void
put_type_list(struct buf *out, const struct shape *s)
{
	const char *open = "{\"type\":[";

	for (s = s->inner; s != NULL; s = s->next, open = ",")
		buf_printf(out, "%s%s", open, s->type->schema + strlen(TYPE));
	buf_str(out, "]}");
}

static void
put_union(struct buf *out, const struct shape *s)
{
	const char *comma = "";

	if (is_enum(s)) {
		put_enum(out, s);
		return;
	}
	if (is_type_list(s)) {
		put_type_list(out, s);
		return;
	}
	buf_str(out, "{\"anyOf\":[");
	for (s = s->inner; s != NULL; s = s->next, comma = ",") {
		buf_str(out, comma);
		shape_schema(out, s);
	}
	buf_str(out, "]}");
}

static bool
is_any_name(const struct shape *member)
{
	return str_eq(member->name, STR("*"));
}

static void
put_object(struct buf *out, const struct shape *s)
{
	const char *comma = "";
	const struct shape *m;

	buf_str(out, "{\"type\":\"object\",\"properties\":{");
	for (m = s->inner; m != NULL; m = m->next) {
		if (is_any_name(m))
			continue;
		buf_str(out, comma);
		json_put_str(out, m->name.p, m->name.n);
		buf_byte(out, ':');
		shape_schema(out, m);
		comma = ",";
	}
	buf_byte(out, '}');
	comma = ",\"required\":[";
	for (m = s->inner; m != NULL; m = m->next) {
		if (m->optional)
			continue;
		buf_str(out, comma);
		json_put_str(out, m->name.p, m->name.n);
		comma = ",";
	}
	buf_str(out, comma[1] == '\0' ? "]" : "");
	for (m = s->inner; m != NULL; m = m->next)
		if (is_any_name(m)) {
			buf_str(out, ",\"additionalProperties\":");
			shape_schema(out, m);
		}
	buf_str(out, s->open ? ",\"additionalProperties\":true}" : "}");
}

static void
put_bare(struct buf *out, const struct shape *s)
{
	switch (s->kind) {
	case SHAPE_PLAIN:
		buf_printf(out, "{%s}", s->type->schema);
		break;
	case SHAPE_TEXT:
		buf_str(out, "{\"const\":");
		json_put_str(out, s->text.p, s->text.n);
		buf_byte(out, '}');
		break;
	case SHAPE_RANGE:
		buf_printf(out, "{%s,\"minimum\":%.*s,\"maximum\":%.*s}", s->type->schema, (int)s->text.n, s->text.p,
		    (int)s->most.n, s->most.p);
		break;
	case SHAPE_LIST:
		buf_str(out, "{\"type\":\"array\",\"items\":");
		shape_schema(out, s->inner);
		buf_byte(out, '}');
		break;
	case SHAPE_OBJECT:
		put_object(out, s);
		break;
	case SHAPE_UNION:
		put_union(out, s);
		break;
	case SHAPE_NAMED:
		buf_printf(out, "{\"$ref\":\"#/components/schemas/%.*s\"}", (int)s->text.n, s->text.p);
		break;
	}
}

/* A description does not stand beside a reference, where older readers overlook it. */
void
shape_schema(struct buf *out, const struct shape *s)
{
	bool referred = s->kind == SHAPE_NAMED;

	if (s->help.p == NULL) {
		put_bare(out, s);
		return;
	}
	buf_str(out, referred ? "{\"allOf\":[" : "");
	put_bare(out, s);
	if (referred)
		buf_byte(out, ']');
	else
		out->n--;	/* its closing brace */
	buf_str(out, out->p[out->n - 1] == '{' ? "\"description\":" : ",\"description\":");
	json_put_str(out, s->help.p, s->help.n);
	buf_byte(out, '}');
}

static void
put_object_example(struct buf *out, const struct shape *s)
{
	const char *comma = "";
	const struct shape *m;

	buf_byte(out, '{');
	for (m = s->inner; m != NULL; m = m->next, comma = ",") {
		struct str name = is_any_name(m) ? STR("…") : m->name;

		buf_str(out, comma);
		json_put_str(out, name.p, name.n);
		buf_byte(out, ':');
		shape_example(out, m);
	}
	buf_byte(out, '}');
}

void
shape_example(struct buf *out, const struct shape *s)
{
	if (s->example.p != NULL) {
		buf_add(out, s->example.p, s->example.n);
		return;
	}
	switch (s->kind) {
	case SHAPE_PLAIN:
		buf_str(out, s->type->example);
		break;
	case SHAPE_TEXT:
		json_put_str(out, s->text.p, s->text.n);
		break;
	case SHAPE_RANGE:
		buf_add(out, s->text.p, s->text.n);
		break;
	case SHAPE_LIST:
		buf_byte(out, '[');
		shape_example(out, s->inner);
		buf_byte(out, ']');
		break;
	case SHAPE_OBJECT:
		put_object_example(out, s);
		break;
	case SHAPE_UNION:
	case SHAPE_NAMED:
		shape_example(out, s->inner);
		break;
	}
}
