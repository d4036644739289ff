/* openapi.c -- the OpenAPI document from the routes. See openapi.h. */
#include "openapi.h"

#include <string.h>

#include "base/version.h"
#include "csrf.h"
#include "openapi_impl.h"

/* The headers that a route takes beyond the usual. */
static void
put_headers(struct buf *out, const struct route *r, const char *comma)
{
	if (r->flags & ROUTE_MATCH) {
		buf_printf(out, "%s{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false,\"description\":"
		    "\"The ETag of what is to be changed; 412 when it is not that any "
		    "more\",\"schema\":{\"type\":\"string\"}}", comma);
		comma = ",";
	}
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

/* Who may: a credential, and the role that its account needs. */
static void
put_security(struct buf *out, const struct route *r)
{
	const char *role = r->auth == AUTH_SELLER ? "\"seller\"" : r->auth >= AUTH_ADMIN ? "\"admin\"" : "";

	if (r->flags & ROUTE_COOKIE)
		buf_str(out, ",\"security\":[{\"refresh\":[]}]");
	else if (r->auth == AUTH_NONE)
		buf_str(out, ",\"security\":[]");
	else if (r->auth == AUTH_SESSION)
		buf_str(out, ",\"security\":[{\"bearer\":[]}]");
	else
		buf_printf(out, ",\"security\":[%s{\"bearer\":[%s]},{\"apiKey\":[%s]}]",
		    r->auth == AUTH_OPTIONAL || r->auth == AUTH_ACCOUNT ? "{}," : "", role, role);
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
put_operation(struct openapi *o, const struct endpoint *e)
{
	const char *p = method_name(e->method);

	buf_byte(o->out, '"');
	for (; *p != '\0'; p++)
		buf_byte(o->out, (char)(*p | 0x20));
	buf_str(o->out, "\":{\"summary\":");
	openapi_text(o->out, e->route->summary);
	openapi_put_name(o->out, e);
	put_parameters(o->out, e->route);
	openapi_put_body(o->out, e);
	put_security(o->out, e->route);
	put_tier(o->out, e->route);
	openapi_put_answers(o, e);
	openapi_put_samples(o->out, e);
	buf_byte(o->out, '}');
}

/* All methods of the path of endpoint `id`, unless an earlier one has put them. */
static void
put_path(struct openapi *o, int id, const char **comma)
{
	const char *path = route_endpoint(id)->route->path;
	int i;

	if (route_endpoint(id)->route->flags & ROUTE_HIDDEN)
		return;
	for (i = 1; i < id; i++)
		if (strcmp(route_endpoint(i)->route->path, path) == 0)
			return;
	buf_printf(o->out, "%s\"%s\":{", *comma, path);
	*comma = ",";
	for (i = id; i <= route_count(); i++) {
		if (strcmp(route_endpoint(i)->route->path, path) != 0)
			continue;
		if (i > id)
			buf_byte(o->out, ',');
		put_operation(o, route_endpoint(i));
	}
	buf_byte(o->out, '}');
}

static void
put_components(struct openapi *o)
{
	buf_str(o->out,
	    "\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"bearerFormat\":\"JWT\"},"
	    "\"apiKey\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"},"
	    "\"refresh\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"" REFRESH_COOKIE "\"}},\"schemas\":{");
	openapi_put_schemas(o);
	buf_str(o->out, "},\"responses\":{");
	openapi_put_failures(o);
	buf_str(o->out, "},\"examples\":{");
	openapi_put_examples(o);
	buf_str(o->out, "}}");
}

void
openapi_put(struct buf *out)
{
	struct openapi o = { .out = out };
	const char *comma = "";
	struct arena mem;
	int id;

	arena_init(&mem, 65536);
	o.mem = &mem;
	buf_str(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Dure\",\"version\":");
	openapi_text(out, dure_version);
	buf_str(out, ",\"description\":\"Paths written /api/… also answer under "
	    "/api/v1/…\"},\"servers\":[{\"url\":\"/\"}],");
	openapi_put_areas(out);
	buf_str(out, ",\"paths\":{");
	for (id = 1; id <= route_count(); id++)
		put_path(&o, id, &comma);
	buf_str(out, "},");
	put_components(&o);
	buf_byte(out, '}');
	arena_fini(&mem);
}
