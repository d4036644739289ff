/* status.c -- the bridge's report. See status.h. */
#include "status.h"

#include "base/err.h"
#include "base/json.h"
#include "base/metric.h"
#include "worker/domain/outbox.h"
#include "intake.h"
#include "link/kafka.h"
#include "link/redis.h"
#include "run/co.h"
#include "worker/child.h"

enum { EVERY_MS = 2000, MARGIN_MS = 1000 };

static struct co_gate stopped;
static int64_t redis_seen_ms;		/* when Redis was last seen up, wall clock; 0: not yet */

void
status_redis_renewed(void)
{
	intake_untold((redis_seen_ms != 0 ? redis_seen_ms : now_ms()) - EVERY_MS - MARGIN_MS);
}

static void
report(void *arg)
{
	struct arena *mem = co_arena();
	struct str cluster = STR("\"brokers\":[],\"topics\":[]"), outbox = STR("null"), text;
	int64_t depth = 0, age_ms = 0;
	const char *id = NULL;

	(void)arg;
	if (kafka_metadata(mem, &text) == 0)
		cluster = (struct str){ text.p + 1, text.n - 2 };	/* its members, without the braces */
	if (kafka_up())
		kafka_cluster(mem, &id);
	if (outbox_depth(pg_shared(), &depth, &age_ms) == 0) {
		outbox = json_obj(mem, JI("depth", depth), JI("ageMs", age_ms));
		metric_set(M_OUTBOX_DEPTH, 0, depth);
		metric_set(M_OUTBOX_AGE, 0, age_ms);
	}
	metric_set(M_KAFKA_LAG, 0, kafka_lag());
	text = json_obj(mem, JB("connected", kafka_up()), JS("cluster", id), JB("embedded", kafka_embedded()),
	    JI("lag", kafka_lag()), JR("outbox", outbox), JT("updatedAt", now_ms()));
	redis_send("HSET system_status kafka %s",
	    arena_printf(mem, "%.*s,%.*s}", (int)text.n - 1, text.p, (int)cluster.n, cluster.p));
}

void
status_run(void)
{
	struct co_group group = { 0 };

	while (!child_stopping()) {
		if (redis_up())
			redis_seen_ms = now_ms();
		co_group_spawn(&group, report, NULL, EVERY_MS * 2);
		if (co_group_wait(&group) < 0 || child_stopping() || co_gate_wait(&stopped, EVERY_MS) == E_CANCELED)
			break;
	}
	redis_send("HDEL system_status kafka");
}

void
status_stop(void)
{
	co_gate_wake_all(&stopped);
}
