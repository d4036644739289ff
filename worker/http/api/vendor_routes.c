/* vendor_routes.c -- the official browser bundles, under the paths where socket.io's own server has them. Does not
 * yield.
 *
 * A page of any origin may load them, as from that server. Fixed paths beside /socket.io/ itself: the fanout's traffic
 * meets none of them.
 */
#include "../bundle.h"
#include "../req.h"
#include "base/err.h"
#include "routes.h"

/* Answer as text where a browser loads a script: developer tools show text, not an error object. */
static int
reply_no_bundle(struct req *rq)
{
	const char *dest = rq->header[HDR_SEC_FETCH_DEST];
	const struct err_row *row = err_row(E_NO_BUNDLE);

	if (dest == NULL || strcmp(dest, "script") != 0)
		return E_NO_BUNDLE;
	return reply_text(rq, row->status, "application/javascript; charset=utf-8",
	    str_of(arena_printf(rq->mem, "// %s: %s\n", row->code, rq->english ? row->en : row->ko)));
}

static int
bundle_read(struct req *rq, const void *args)
{
	const struct bundle *b = bundle_find(rq->route->path);

	(void)args;
	if (b->body.p == NULL)
		return reply_no_bundle(rq);
	reply_static(rq, b->type, b->body, b->gzipped, b->etag);
	rq->reply.cache = b->cache;
	return 0;
}

const struct route vendor_routes[] = {
#define ROUTE(file, path, type) \
	{ "GET", path, bundle_read, NULL, AUTH_NONE, RATE_NONE, 1000, \
	    "A browser bundle, where `make vendor` has fetched it", \
	    "application/javascript", ROUTE_CACHEABLE | ROUTE_HIDDEN | ROUTE_SHARED },
	BUNDLES(ROUTE)
#undef ROUTE
	{ 0 }
};
