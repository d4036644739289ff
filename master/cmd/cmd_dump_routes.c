/* cmd_dump_routes.c -- `dure dump routes` and `dure dump openapi`. */
#include "cmd_dump.h"
#include "worker/http/openapi.h"
#include "worker/http/route.h"

void
dump_routes(struct grid *t)
{
	static const char *const auths[] = { "-", "optional", "user", "session", "seller", "account", "admin" };
	static const char *const rates[] = { "-", "default", "auth", "write" };
	int id;

	route_init(routes);
	grid_add(t, "METHOD", "PATH", "AUTH", "RATE", "DEADLINE_MS", "SUMMARY", NULL);
	for (id = 1; id <= route_count(); id++) {
		const struct route *r = route_endpoint(id)->route;

		grid_add(t, r->method, r->path, auths[r->auth], rates[r->rate],
		    arena_printf(t->mem, "%d", r->deadline_ms), r->summary, NULL);
	}
}

void
dump_openapi(struct buf *out, const char *dumps)
{
	(void)dumps;
	route_init(routes);
	openapi_put(out);
	buf_byte(out, '\n');
}
