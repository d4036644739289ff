/* openapi.c -- the OpenAPI document from the routes. See openapi.h. */
#include "openapi.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/param_object.h"
#include "base/version.h"
#include "route.h"

static void
put_text(struct buf *out, const char *s)
{
	json_put_str(out, s, strlen(s));
}

/* The headers that a route takes beyond the usual. */
static void
put_headers(struct buf *out, const struct route *r, const char *comma)
{
	if (r->flags & ROUTE_MATCH)
		buf_printf(out, "%s{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,\"description\":"
		    "\"The ETag of what is to be changed; 412 when it is not that any "
		    "more\",\"schema\":{\"type\":\"string\"}}", comma);
	if (!(r->flags & ROUTE_ONCE))
		return;
	buf_printf(out, "%s{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":"
	    "\"The same key and body get the same answer for a day\",\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}}",
	    comma);
}

/* Path, query and header parameters. */
static void
put_parameters(struct buf *out, const struct route *r)
{
	const char *comma = "";
	const struct param *p;

	buf_str(out, ",\"parameters\":[");
	for (p = r->params; p != NULL && p->name != NULL; p++) {
		if (p->from == FROM_JSON)
			continue;
		buf_printf(out, "%s{\"name\":\"%s\",\"in\":\"%s\",\"required\":%s,\"schema\":", comma, p->name,
		    p->from == FROM_PATH ? "path" : "query", p->required || p->from == FROM_PATH ? "true" : "false");
		param_schema(out, p);
		buf_byte(out, '}');
		comma = ",";
	}
	put_headers(out, r, comma);
	buf_byte(out, ']');
}

static void
put_request_body(struct buf *out, const struct endpoint *e)
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

/* The success answer by its example, and every failure by the one shape. */
static void
put_responses(struct buf *out, const struct route *r)
{
	bool json = r->answer[0] == '{' || r->answer[0] == '[';

	if (r->answer[0] == '\0') {
		buf_str(out, ",\"responses\":{\"204\":{\"description\":\"Success\"},"
		    "\"default\":{\"$ref\":\"#/components/responses/Failure\"}}");
		return;
	}
	buf_str(out, ",\"responses\":{\"2XX\":{\"description\":\"Success\",\"content\":{");
	put_text(out, json ? "application/json" : r->answer);
	buf_str(out, ":{");
	if (json)
		buf_printf(out, "\"example\":%s", r->answer);
	buf_str(out, "}}},\"default\":{\"$ref\":\"#/components/responses/Failure\"}}");
}

static void
put_security(struct buf *out, enum auth auth)
{
	if (auth == AUTH_SESSION)
		buf_str(out, ",\"security\":[{\"bearer\":[]}]");
	else if (auth == AUTH_OPTIONAL)
		buf_str(out, ",\"security\":[{},{\"bearer\":[]},{\"apiKey\":[]}]");
	else if (auth != AUTH_NONE)
		buf_str(out, ",\"security\":[{\"bearer\":[]},{\"apiKey\":[]}]");
}

static void
put_tier(struct buf *out, const struct route *r)
{
	const char *name = tier_name(route_tier(r));

	if (route_tier(r) != TIER_FREE)
		buf_printf(out, ",\"x-tier\":\"%s\",\"description\":\"Needs the tier %s or a higher one: 403 "
		    "TIER_REQUIRED\"", name, name);
}

static void
put_operation(struct buf *out, const struct endpoint *e)
{
	const char *p = method_name(e->method);

	buf_byte(out, '"');
	for (; *p != '\0'; p++)
		buf_byte(out, (char)(*p | 0x20));
	buf_str(out, "\":{\"summary\":");
	put_text(out, e->route->summary);
	put_parameters(out, e->route);
	put_request_body(out, e);
	put_security(out, e->route->auth);
	put_tier(out, e->route);
	put_responses(out, e->route);
	buf_byte(out, '}');
}

/* All methods of the path of endpoint `id`, unless an earlier one has put them. */
static void
put_path(struct buf *out, int id, const char **comma)
{
	const char *path = route_endpoint(id)->route->path;
	int i;

	if (route_endpoint(id)->route->flags & ROUTE_HIDDEN)
		return;
	for (i = 1; i < id; i++)
		if (strcmp(route_endpoint(i)->route->path, path) == 0)
			return;
	buf_printf(out, "%s\"%s\":{", *comma, path);
	*comma = ",";
	for (i = id; i <= route_count(); i++) {
		if (strcmp(route_endpoint(i)->route->path, path) != 0)
			continue;
		if (i > id)
			buf_byte(out, ',');
		put_operation(out, route_endpoint(i));
	}
	buf_byte(out, '}');
}

static void
put_components(struct buf *out)
{
	int i;

	buf_str(out,
	    "\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
	    "\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"}},"
	    "\"schemas\":{\"Failure\":{\"type\":\"object\",\"required\":[\"success\",\"error\",\"requestId\"],\"properties\":{"
	    "\"success\":{\"const\":false},\"requestId\":{\"type\":\"string\"},\"error\":{\"type\":\"object\","
	    "\"required\":[\"code\",\"message\"],\"properties\":{\"code\":{\"enum\":[");
	for (i = 0; i < ERR_COUNT; i++)
		buf_printf(out, "%s\"%s\"", i == 0 ? "" : ",", err_rows[i].code);
	buf_str(out,
	    "]},\"message\":{\"type\":\"string\"},\"details\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	    "\"properties\":{\"field\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"}}}}}}}},"
	    "\"Problem\":{\"type\":\"object\",\"description\":\"RFC 9457\",\"properties\":{\"type\":{\"type\":\"string\"},"
	    "\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},\"code\":{\"type\":\"string\"},"
	    "\"requestId\":{\"type\":\"string\"}}}},"
	    "\"responses\":{\"Failure\":{\"description\":\"Failure; messages are Korean, or English by "
	    "Accept-Language\","
	    "\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Failure\"}},"
	    "\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}}}");
}

void
openapi_put(struct buf *out)
{
	const char *comma = "";
	int id;

	buf_str(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Dure\",\"version\":");
	put_text(out, dure_version);
	buf_str(out, ",\"description\":\"Paths written /api/… also answer under "
	    "/api/v1/…\"},\"servers\":[{\"url\":\"/\"}],\"paths\":{");
	for (id = 1; id <= route_count(); id++)
		put_path(out, id, &comma);
	buf_str(out, "},");
	put_components(out);
	buf_byte(out, '}');
}
