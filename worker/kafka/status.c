/* status.c -- the bridge's status report. See status.h. */
#include "status.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/metric.h"
#include "intake.h"
#include "link/kafka.h"
#include "link/redis.h"
#include "offsets.h"
#include "run/co.h"
#include "shards.h"
#include "worker/child.h"
#include "worker/domain/core/outbox.h"

enum { EVERY_MS = 2000, MARGIN_MS = 1000 };

static struct co_gate stopped;
static int64_t redis_seen_ms;		/* when Redis was last up, ms since 1970; 0: not yet */

void
status_redis_renewed(void)
{
	intake_unpublished((redis_seen_ms != 0 ? redis_seen_ms : now_ms()) - EVERY_MS - MARGIN_MS);
}

/* By Redis' own clock, which all bridges share: returns the time of any bridge's latest report, and now, which
 * replaces it. */
static struct redis_script exchange_time = { .text =
	"local before, t = redis.call('HGET', 'system_status', 'told_at') or '0', redis.call('TIME')\n"
	"local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))\n"
	"redis.call('HSET', 'system_status', 'told_at', now)\n"
	"return { before, now }\n" };
static int64_t written_at_ms;		/* the time that this bridge wrote last; 0: not yet */

/* Detects a Redis restored from a snapshot or an outdated replica: it lacks the time written last, and its rooms and
 * caches are just as old. A bridge that has just started has written none: it assumes an older Redis unless another
 * bridge reported a moment ago. (The others detect it themselves; status_redis_renewed covers what is as recent.) */
static void
detect_older_redis(void)
{
	struct redis_reply r = { .type = REDIS_NIL };
	int64_t before_ms, now;

	if (redis_eval(&r, &exchange_time, "0") < 0 || r.type != REDIS_ARRAY || r.n != 2 || r.v[0].type != REDIS_STR ||
	    r.v[1].type != REDIS_STR ||
	    !parse_int(r.v[0].s.p, 0, INT64_MAX, &before_ms) || !parse_int(r.v[1].s.p, 0, INT64_MAX, &now))
		return;
	if (before_ms > 0 && (written_at_ms == 0 ? now - before_ms > EVERY_MS + MARGIN_MS : before_ms < written_at_ms))
		intake_unpublished(before_ms - EVERY_MS - MARGIN_MS);
	written_at_ms = now;
}

static struct str
brokers_json(struct arena *mem, const struct kafka_view *v)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < v->n_brokers; i++) {
		buf_byte(&b, i == 0 ? '[' : ',');
		json_put_obj(&b, (const struct json_field[]){ JI("id", v->brokers[i].id),
		    JS("host", v->brokers[i].host), JI("port", v->brokers[i].port) }, 3);
	}
	buf_str(&b, i == 0 ? "[]" : "]");
	return buf_to_arena(mem, &b);
}

static struct str
topics_json(struct arena *mem, const struct kafka_view *v, const int64_t *lag)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < v->n_topics; i++) {
		const struct kafka_held *t = &v->topics[i];

		buf_byte(&b, i == 0 ? '[' : ',');
		json_put_obj(&b, (const struct json_field[]){ JS("name", t->name), JI("partitions", t->partitions),
		    JI("replication", t->replication), lag[i] < 0 ? JR("lag", STR("null")) : JI("lag", lag[i]) }, 4);
	}
	buf_str(&b, i == 0 ? "[]" : "]");
	return buf_to_arena(mem, &b);
}

/* The lag of all topics together; only that of this bridge's own partitions where the brokers do not report the rest.
 */
static int64_t
sum_lag(const int64_t *lag, size_t n)
{
	int64_t sum = 0;
	bool known = false;
	size_t i;

	for (i = 0; i < n; i++) {
		sum += lag[i] > 0 ? lag[i] : 0;
		known = known || lag[i] >= 0;
	}
	return known ? sum : kafka_lag(NULL);
}

static bool lag_reported[METRIC_LAG_CELLS];

static void
report_partition(const char *topic, int32_t partition, int64_t lag)
{
	size_t t, cell;

	for (t = 0; kafka_topics[t].name != NULL && strcmp(kafka_topics[t].name, topic) != 0; t++)
		;
	cell = t * METRIC_PARTITIONS_MAX +
	    (size_t)(partition < METRIC_PARTITIONS_MAX ? partition : METRIC_PARTITIONS_MAX - 1);
	if (kafka_topics[t].name == NULL || cell >= METRIC_LAG_CELLS)
		return;
	if (lag_reported[cell])		/* another of the partitions that share the last cell */
		metric_add(M_KAFKA_LAG, cell, (uint64_t)lag);
	else
		metric_set(M_KAFKA_LAG, cell, lag);
	lag_reported[cell] = true;
}

/* Partitions that now belong to another bridge are left out. */
static void
report_lag(void)
{
	bool before[METRIC_LAG_CELLS];
	size_t i;

	memcpy(before, lag_reported, sizeof(before));
	memset(lag_reported, 0, sizeof(lag_reported));
	kafka_lag(report_partition);
	for (i = 0; i < METRIC_LAG_CELLS; i++)
		if (before[i] && !lag_reported[i])
			metric_forget(M_KAFKA_LAG, i);
}

static struct str
outbox_json(struct arena *mem)
{
	int64_t depth = 0, age_ms = 0;

	if (outbox_depth(pg_shared(), &depth, &age_ms) < 0)
		return STR("null");
	metric_set(M_OUTBOX_DEPTH, 0, depth);
	metric_set(M_OUTBOX_AGE, 0, age_ms);
	return json_obj(mem, JI("depth", depth), JI("ageMs", age_ms), JI("bridges", shards_bridges()));
}

static void
write_report(void *arg)
{
	struct arena *mem = co_arena();
	struct kafka_view view = { 0 };
	struct str outbox = outbox_json(mem), text;
	const char *id = NULL;
	int64_t *lag = NULL;
	size_t i;

	(void)arg;
	detect_older_redis();
	if (kafka_look(mem, &view) == 0) {
		lag = arena_alloc(mem, (view.n_topics + 1) * sizeof(*lag));
		/* The embedded broker answers such queries slowly and is not asked: its only consumer knows the sum. */
		if (kafka_embedded() || offsets_lag(view.topics, view.n_topics, lag) < 0)
			for (i = 0; i < view.n_topics; i++)
				lag[i] = -1;
		kafka_cluster(mem, &id);
	}
	report_lag();
	text = json_obj(mem, JB("connected", kafka_up()), JS("error", kafka_why_down()), JS("cluster", id),
	    JB("embedded", kafka_embedded()),
	    JI("lag", sum_lag(lag, view.n_topics)), JR("outbox", outbox), JR("brokers", brokers_json(mem, &view)),
	    JR("topics", topics_json(mem, &view, lag)), JT("updatedAt", now_ms()));
	redis_send("HSET system_status kafka %b kafka_at %lld", text.p, text.n, (long long)now_ms());
}

void
status_run(void)
{
	struct co_group group = { 0 };

	while (!child_stopping()) {
		if (redis_up())
			redis_seen_ms = now_ms();
		co_group_spawn(&group, write_report, NULL, EVERY_MS * 2);
		if (co_group_wait(&group) < 0 || child_stopping() || co_gate_wait(&stopped, EVERY_MS) == E_CANCELED)
			break;
	}
	redis_send("HDEL system_status kafka kafka_at");
}

void
status_stop(void)
{
	co_gate_wake_all(&stopped);
}
