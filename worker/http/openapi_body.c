/* openapi_body.c -- what an operation takes as its body, from its table of parameters. See openapi_impl.h. */
#include <string.h>

#include "base/param_object.h"
#include "openapi_impl.h"

/* Whether it is a member of the body itself. */
static bool
is_own(const struct param *p)
{
	return p->from == FROM_JSON && strchr(p->name, '.') == NULL;
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
		param_object_schema(out, e->route->params);
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
	const char *comma = "";
	const struct param *p;
	bool some = false;

	if (e->route->flags & ROUTE_STREAM)
		buf_str(out, "[{}]");
	if (!e->takes_json || (e->route->flags & ROUTE_STREAM))
		return e->route->flags & ROUTE_STREAM;
	for (p = e->route->params; p->name != NULL; p++)
		some |= p->required && is_own(p);
	buf_byte(out, '{');
	for (p = e->route->params; p->name != NULL; p++)
		if (is_own(p) && (p->required || !some)) {
			buf_printf(out, "%s\"%s\":", comma, p->name);
			put_value(out, p);
			comma = ",";
		}
	buf_byte(out, '}');
	return true;
}
