/* health_routes.c -- liveness, readiness, and a summary of both. Yields: all but live.
 *
 * Kafka is reported but fails nothing, because rows wait in the outbox; so is the read replica, because the primary
 * answers in its place. One coroutine of its own asks the stores for all requests within HEALTH_CACHE_MS: a request's
 * coroutine would report them down when its client disconnects.
 */
#include <stdio.h>

#include "../libmicrohttpd.h"
#include "../operator.h"
#include "../req.h"
#include "base/conf.h"
#include "base/metric.h"
#include "base/version.h"
#include "proc/scoreboard.h"
#include "routes.h"
#include "run/co.h"
#include "worker/domain/ops/reach.h"

struct dependencies {
	struct reach		 database, redis;
	bool			 kafka;
	int64_t			 outbox_depth, outbox_age_ms, lag;
};

static int
health_live(struct req *rq, const void *args)
{
	(void)args;
	return reply_json(rq, 200, json_obj(rq->mem, JS("status", "ok"), JT("timestamp", now_ms())));
}

/* What the bridge reports of Kafka in the scoreboard. */
static void
ask_kafka(struct dependencies *d)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];
	size_t n = scoreboard_blocks(blocks);
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);

		if (s->kind == PROC_KAFKA && s->state == SLOT_READY && s->links_up & LINK_KAFKA)
			d->kafka = true;
	}
	d->outbox_depth = (int64_t)metric_total(blocks, n, M_OUTBOX_DEPTH, 0);
	d->outbox_age_ms = (int64_t)metric_total(blocks, n, M_OUTBOX_AGE, 0);
	d->lag = (int64_t)metric_total_all(blocks, n, M_KAFKA_LAG);
}

enum { ASK_MS = 5000, VERSION_BYTES = 64, MISSING_BYTES = 4096 };

static struct {
	struct dependencies	 found;
	char			 versions[2][VERSION_BYTES], missing[MISSING_BYTES];
	int64_t			 at_ms;		/* found then; 0: never */
	bool			 asking;
	struct co_gate		 answered;
} stores;

static const char *
keep_text(char *out, size_t bytes, const char *text)
{
	snprintf(out, bytes, "%s", text != NULL ? text : "");
	return text != NULL ? out : NULL;
}

static void
ask_stores(void *arg)
{
	struct dependencies d = { 0 };

	(void)arg;
	reach_database(co_arena(), &d.database);
	reach_redis(co_arena(), &d.redis, true);
	d.database.version = keep_text(stores.versions[0], VERSION_BYTES, d.database.version);
	d.database.missing = keep_text(stores.missing, MISSING_BYTES, d.database.missing);
	d.redis.version = keep_text(stores.versions[1], VERSION_BYTES, d.redis.version);
	stores.found = d;
	stores.at_ms = mono_ms();
	stores.asking = false;
	co_gate_wake_all(&stores.answered);
}

/* Yields. 0, E_TIMEOUT, E_CANCELED. */
static int
ask_all(struct dependencies *d)
{
	int rc;

	while (stores.at_ms == 0 || mono_ms() - stores.at_ms > conf.health_cache_ms) {
		if (!stores.asking) {
			stores.asking = true;
			(void)co_spawn(ask_stores, NULL, ASK_MS);
		} else if ((rc = co_gate_wait(&stores.answered, -1)) < 0) {
			return rc;
		} else {
			break;		/* what was just found, however short its life */
		}
	}
	*d = stores.found;
	ask_kafka(d);
	return 0;
}

static struct str
info_json(struct arena *mem, const struct dependencies *d, bool details)
{
	struct str kafka = json_obj(mem, JS("status", d->kafka ? "up" : "down"), JI("outboxDepth", d->outbox_depth),
	    JI("outboxAgeMs", d->outbox_age_ms), JI("lag", d->lag));
	struct str replica = reach_replica_json(mem);

	return json_obj(mem, JR("database", reach_json(mem, &d->database, details)),
	    JIF(replica.p != NULL, JR("replica", replica)), JR("redis", reach_json(mem, &d->redis, details)),
	    JR("kafka", kafka));
}

static struct str
failed_json(struct arena *mem, const struct dependencies *d)
{
	return json_obj(mem, JIF(!reach_good(&d->database), JR("database", reach_json(mem, &d->database, false))),
	    JIF(!reach_good(&d->redis), JR("redis", reach_json(mem, &d->redis, false))));
}

static int
health_ready(struct req *rq, const void *args)
{
	struct dependencies d;
	bool ready;
	int rc;

	(void)args;
	if ((rc = ask_all(&d)) < 0)
		return rc;
	ready = reach_good(&d.database) && reach_good(&d.redis);
	if (!ready)
		reply_header(rq, "Retry-After", "1");
	return reply_json(rq, ready ? 200 : 503, json_obj(rq->mem, JS("status", ready ? "ok" : "error"),
	    JR("info", info_json(rq->mem, &d, false)), JIF(!ready, JR("error", failed_json(rq->mem, &d)))));
}

static void
put_process(struct buf *list, const struct slot *s)
{
	struct json_field f[] = {
		JS("title", s->title), JS("kind", proc_kind_names[s->kind]), JI("index", s->index), JI("pid", s->pid),
		JS("state", slot_state_names[s->state]), JI("uptimeMs", now_ms() - s->started_ms),
		JI("heartbeatAgeMs", s->heartbeat_ms > 0 ? mono_ms() - s->heartbeat_ms : 0),
		JI("generation", s->generation),
		JI("restarts", s->restarts), JB("postgres", s->links_up & LINK_PG),
		JB("redis", s->links_up & LINK_REDIS),
		JB("kafka", s->links_up & LINK_KAFKA), JI("dbConnections", s->db_held),
	};

	buf_byte(list, list->n == 0 ? '[' : ',');
	json_put_obj(list, f, NELEM(f));
}

static struct str
processes_json(struct arena *mem)
{
	struct buf list = { 0 };
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++)
		if (scoreboard_slot(i)->state != SLOT_FREE)
			put_process(&list, scoreboard_slot(i));
	buf_str(&list, list.n == 0 ? "[]" : "]");
	return buf_to_arena(mem, &list);
}

static struct str
versions_json(struct arena *mem, const struct dependencies *d)
{
	return json_obj(mem, JS("dure", dure_version), JS("libmicrohttpd", MHD_get_version()),
	    JS("postgresql", d->database.version), JS("redis", d->redis.version));
}

static int
health_all(struct req *rq, const void *args)
{
	bool ready, admitted = operator_admitted(rq);
	struct dependencies d;
	int rc;

	(void)args;
	if ((rc = ask_all(&d)) < 0)
		return rc;
	ready = reach_good(&d.database) && reach_good(&d.redis);
	return reply_json(rq, ready ? 200 : 503, json_obj(rq->mem,
	    JS("status", !ready ? "error" : d.kafka ? "ok" : "degraded"), JT("timestamp", now_ms()),
	    JIF(admitted, JS("version", dure_version)), JIF(admitted, JS("environment", conf.env)),
	    JIF(admitted, JD("uptime", (double)(now_ms() - scoreboard_slot(0)->started_ms) / 1e3)),
	    JIF(admitted, JR("versions", versions_json(rq->mem, &d))), JR("info", info_json(rq->mem, &d, admitted)),
	    JIF(admitted, JR("processes", processes_json(rq->mem)))));
}

const struct route health_routes[] = {
	{ "GET", "/api/v1/health/live", health_live, NULL, AUTH_NONE, RATE_NONE, 1000,
	    "Whether the process answers", "{status:'ok', timestamp:time}", 0 },
	{ "GET", "/api/v1/health/ready", health_ready, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "Whether the stores it needs answer; 503 names the part that is down, or the migrations that the database "
	    "lacks", "Readiness 503 Readiness", 0 },
	{ "GET", "/api/v1/health", health_all, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "Everything at once: versions, uptime, stores, processes; in production whether all is well, and the rest "
	    "for OPS_ALLOW or METRICS_TOKEN", "Health 503 Health", 0 },
	{ "GET", "/health", health_all, NULL, AUTH_NONE, RATE_NONE, 5000,
	    "Everything at once: versions, uptime, stores, processes; in production whether all is well, and the rest "
	    "for OPS_ALLOW or METRICS_TOKEN", "Health 503 Health", 0 },
	{ 0 }
};
