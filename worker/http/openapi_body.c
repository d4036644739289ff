/* openapi_body.c -- what an operation takes as its body, from its table of parameters. See openapi_impl.h. */
#include <stdio.h>
#include <string.h>

#include "openapi_impl.h"

/* The member's name without "<prefix>"; NULL: it is not one of that object's own. */
static const char *
own_name(const struct param *p, const char *prefix)
{
	size_t n = strlen(prefix);

	return p->from == FROM_JSON && strncmp(p->name, prefix, n) == 0 && strchr(p->name + n, '.') == NULL
	    ? p->name + n : NULL;
}

/* The members of an object: those named "<prefix>x", an inner object's below its own name. */
static void
put_members(struct buf *out, const struct param *params, const char *prefix)
{
	const char *comma = "", *name;
	const struct param *p;

	buf_str(out, "{\"type\":\"object\",\"properties\":{");
	for (p = params; p->name != NULL; p++) {
		if ((name = own_name(p, prefix)) == NULL)
			continue;
		buf_printf(out, "%s\"%s\":", comma, name);
		if (p->kind == PARAM_OBJ && *prefix == '\0') {
			char inner[64];

			snprintf(inner, sizeof(inner), "%s.", name);
			put_members(out, params, inner);
		} else {
			param_schema(out, p);
		}
		comma = ",";
	}
	buf_str(out, "},\"required\":[");
	for (comma = "", p = params; p->name != NULL; p++)
		if (p->required && (name = own_name(p, prefix)) != NULL) {
			buf_printf(out, "%s\"%s\"", comma, name);
			comma = ",";
		}
	buf_str(out, "]}");
}

void
openapi_put_body(struct buf *out, const struct endpoint *e)
{
	if (e->route->flags & ROUTE_STREAM) {
		buf_str(out,
		    ",\"requestBody\":{\"required\":true,\"content\":{\"application/x-ndjson\":{\"schema\":{\"type\":\"string\"}},"
		    "\"application/json\":{\"schema\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}}");
	} else if (e->takes_json) {
		buf_str(out, ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":");
		put_members(out, e->route->params, "");
		buf_str(out, "}}}");
	}
}

static void
put_value(struct buf *out, const struct param *p)
{
	switch (p->kind) {
	case PARAM_PICK: json_put_str(out, p->choices, strcspn(p->choices, "|")); break;
	case PARAM_EMAIL: buf_str(out, "\"a@b.kr\""); break;
	case PARAM_PASSWORD: buf_str(out, "\"Correct-Horse-9\""); break;
	case PARAM_URL: buf_str(out, "\"https://example.com/1\""); break;
	case PARAM_TIME: buf_str(out, "\"2026-01-31T09:08:07Z\""); break;
	case PARAM_INT:
	case PARAM_NUM: buf_printf(out, "%lld", (long long)(p->min > 1 ? p->min : 1)); break;
	case PARAM_BOOL: buf_str(out, "true"); break;
	case PARAM_IDS:
	case PARAM_STRS: buf_str(out, "[\"p1\"]"); break;
	case PARAM_OBJ:
	case PARAM_ANY: buf_str(out, "{}"); break;
	default: buf_str(out, "\"…\""); break;
	}
}

/* What is required; everything where nothing is. */
bool
openapi_body_example(struct buf *out, const struct endpoint *e)
{
	const char *comma = "", *name;
	const struct param *p;
	bool some = false;

	if (e->route->flags & ROUTE_STREAM)
		buf_str(out, "[{}]");
	if (!e->takes_json || (e->route->flags & ROUTE_STREAM))
		return e->route->flags & ROUTE_STREAM;
	for (p = e->route->params; p->name != NULL; p++)
		some |= p->required && own_name(p, "") != NULL;
	buf_byte(out, '{');
	for (p = e->route->params; p->name != NULL; p++)
		if ((name = own_name(p, "")) != NULL && (p->required || !some)) {
			buf_printf(out, "%s\"%s\":", comma, name);
			put_value(out, p);
			comma = ",";
		}
	buf_byte(out, '}');
	return true;
}
