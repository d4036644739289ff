/* meta_routes.c -- what machines ask about the server: its metrics and its description. Does not yield. */
#include <stdio.h>

#include "../openapi.h"
#include "../operator.h"
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "proc/scoreboard.h"
#include "routes.h"
#include "worker/domain/identity/signing_key.h"

/* The names that dashboards of the predecessors read. */
static void
put_old_names(struct buf *out, uint64_t *const *blocks, size_t n)
{
	static struct { int64_t at_ms, cpu_ms; double percent; } last;
	int64_t now = mono_ms(), cpu_ms = (int64_t)metric_sum(blocks, n, M_CPU, 0);

	if (now - last.at_ms >= 1000) {
		if (last.at_ms > 0)
			last.percent = 100.0 * (double)(cpu_ms - last.cpu_ms) / (double)(now - last.at_ms);
		last.at_ms = now;
		last.cpu_ms = cpu_ms;
	}
	buf_printf(out, "# TYPE nodejs_memory_usage_bytes gauge\nnodejs_memory_usage_bytes{type=\"rss\"} %lld\n",
	    (long long)metric_sum(blocks, n, M_RSS, 0));
	buf_printf(out, "# TYPE nodejs_cpu_usage_percent gauge\nnodejs_cpu_usage_percent %.2f\n", last.percent);
	buf_printf(out, "# TYPE nodejs_event_loop_lag_seconds gauge\nnodejs_event_loop_lag_seconds %.6f\n",
	    (double)metric_sum(blocks, n, M_LOOP_LAG, 0) / 1e6);
}

/* Whether each store is reached: by any process that uses it. */
static void
put_backends(struct buf *out, uint64_t *const *blocks, size_t n)
{
	static const char *const stores[] = { "postgres", "redis", "kafka" };
	size_t i;

	buf_str(out, "# HELP backend_up Whether the store answers\n# TYPE backend_up gauge\n");
	for (i = 0; i < NELEM(stores); i++)
		buf_printf(out, "backend_up{store=\"%s\"} %d\n", stores[i], metric_sum(blocks, n, M_BACKEND_UP, i) > 0);
}

static void
put_processes(struct buf *out)
{
	int i;

	buf_str(out, "# HELP process_up Whether the process is ready\n# TYPE process_up gauge\n");
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);

		if (s->state != SLOT_FREE)
			buf_printf(out, "process_up{kind=\"%s\",index=\"%d\"} %d\n", proc_kind_names[s->kind], s->index,
			    s->state == SLOT_READY);
	}
}

static int
metrics_read(struct req *rq, const void *args)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];
	size_t n = scoreboard_blocks(blocks);
	struct buf out = { 0 };

	(void)args;
	if (!operator_admitted(rq))
		return *conf.metrics_token != '\0' ? E_UNAUTHORIZED : E_FORBIDDEN;
	metric_render(&out, blocks, n);
	put_backends(&out, blocks, n);
	put_processes(&out);
	put_old_names(&out, blocks, n);
	reply_text(rq, 200, "text/plain; version=0.0.4; charset=utf-8", (struct str){ out.p, out.n });
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
	    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"…\",\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":\"…\"}]}", ROUTE_CACHEABLE },
	{ "GET", "/metrics", metrics_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "Metrics of all processes of this host, for Prometheus; in production for OPS_ALLOW or METRICS_TOKEN",
	    "text/plain", 0 },
	{ "GET", "/openapi.json", openapi_read, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "This description", "{\"openapi\":\"3.1.0\"}", ROUTE_CACHEABLE },
	{ 0 }
};
