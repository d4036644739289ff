/* meta_routes.c -- what machines ask about the server: its metrics and its description. Does not yield. */
#include <string.h>

#include "../host_metrics.h"
#include "../openapi.h"
#include "../operator.h"
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "routes.h"

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

const struct route meta_routes[] = {
	{ "GET", "/metrics", metrics_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "Metrics of all processes of this host, for Prometheus; in production for OPS_ALLOW or METRICS_TOKEN",
	    "text/plain", 0 },
	{ "GET", "/openapi.json", openapi_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "This description", "{\"openapi\":\"3.1.0\"}", ROUTE_CACHEABLE },
	{ 0 }
};
