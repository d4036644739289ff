/* meta_routes.c -- what machines ask about the server: its metrics and its description. Does not yield. */
#include <stdio.h>
#include <string.h>

#include "../host_metrics.h"
#include "../openapi.h"
#include "../operator.h"
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/zip.h"
#include "routes.h"
#include "worker/asyncapi.h"
#include "worker/domain/identity/signing_key.h"

/* Whether the client, a Prometheus since 2.5, would rather have OpenMetrics than the older text format. */
static enum metric_format
wanted_format(const struct req *rq)
{
	const char *accept = rq->header[HDR_ACCEPT];

	return accept != NULL && strstr(accept, "application/openmetrics-text") != NULL ? METRIC_OPENMETRICS
	    : METRIC_PROMETHEUS;
}

static int
metrics_read(struct req *rq, const void *args)
{
	static const char *const types[] = {
		[METRIC_PROMETHEUS]  = "text/plain; version=0.0.4; charset=utf-8",
		[METRIC_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	};
	enum metric_format format = wanted_format(rq);
	struct buf out = { 0 };

	(void)args;
	if (!operator_admitted(rq))
		return *conf.metrics_token != '\0' ? E_UNAUTHORIZED : E_FORBIDDEN;
	host_metrics_put(&out, format);
	reply_text(rq, 200, types[format], (struct str){ out.p, out.n });
	buf_fini(&out);
	return 0;
}

static int
openapi_read(struct req *rq, const void *args)
{
	static struct buf text;		/* made once: the routes do not change */

	(void)args;
	if (text.n == 0)
		openapi_put(&text);
	return reply_json(rq, 200, (struct str){ text.p, text.n });
}

/* A text that depends on the build alone, made on its first request. */
struct made {
	struct buf	 text, packed;
	char		 etag[24];
};

static int
reply_made(struct req *rq, const char *type, struct made *m, void (*put)(struct buf *out))
{
	if (m->text.n == 0) {
		put(&m->text);
		zip_gzip(&m->packed, (struct str){ m->text.p, m->text.n });
		snprintf(m->etag, sizeof(m->etag), "W/\"%016llx\"", (unsigned long long)hash_bytes(m->text.p,
		    m->text.n));
	}
	return reply_static(rq, type, (struct str){ m->text.p, m->text.n }, (struct str){ m->packed.p, m->packed.n },
	    m->etag);
}

static int
asyncapi_read(struct req *rq, const void *args)
{
	static struct made document;

	(void)args;
	return reply_made(rq, "application/json; charset=utf-8", &document, asyncapi_put);
}

static int
types_read(struct req *rq, const void *args)
{
	static struct made types;

	(void)args;
	return reply_made(rq, "text/plain; charset=utf-8", &types, asyncapi_types_put);
}

/* GET /.well-known/jwks.json -- 404 where JWT_SECRET signs: that has no public half. */
static int
jwks_read(struct req *rq, const void *args)
{
	(void)args;
	return signing_key_on() ? reply_json(rq, 200, signing_key_set(rq->mem)) : E_NOT_FOUND;
}

const struct route meta_routes[] = {
	{ "GET", "/.well-known/jwks.json", jwks_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "The public keys of the access tokens, with JWT_PRIVATE_KEY (RFC 7517)",
	    "{keys:[{kty:'OKP', crv:'Ed25519', x:string, use:'sig', alg:'EdDSA', kid:string}]} !NOT_FOUND",
	    ROUTE_CACHEABLE },
	{ "GET", "/metrics", metrics_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "Metrics of all processes of this host, for Prometheus; in production for OPS_ALLOW or METRICS_TOKEN",
	    "text/plain application/openmetrics-text !UNAUTHORIZED !FORBIDDEN", 0 },
	{ "GET", "/openapi.json", openapi_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "This description", "{openapi:string = \"3.1.0\", info:object, *:any}", ROUTE_CACHEABLE },
	{ "GET", "/asyncapi.json", asyncapi_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "The description of sockets and topics, AsyncAPI 3", "{asyncapi:string = \"3.0.0\", info:object, *:any}",
	    ROUTE_CACHEABLE },
	{ "GET", "/asyncapi.d.ts", types_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "The socket events as types for TypeScript and socket.io-client", "text/plain", ROUTE_CACHEABLE },
	{ 0 }
};
