/* master_status.c -- the JSON of `dure status`: state, process table, configuration. See master_status.h. */
#include "master_status.h"

#include <unistd.h>

#include "base/conf.h"
#include "base/json.h"
#include "base/metric.h"
#include "base/str.h"
#include "base/version.h"
#include "proc/scoreboard.h"
#include "reload.h"
#include "supervise.h"
#include "upgrade.h"

/* Requests answered, events received or messages applied by the processes of this slot so far. */
static int64_t
requests_of(int i)
{
	static const enum metric_id counted[PROC_KINDS] = {
		[PROC_HTTP] = M_HTTP_REQUESTS, [PROC_WS] = M_WS_EVENTS_IN, [PROC_KAFKA] = M_KAFKA_CONSUMED,
	};
	int kind = scoreboard_slot(i)->kind;
	const struct metric_row *row = metric_row(counted[kind]);
	const uint64_t *m = scoreboard_metrics(i);
	int64_t sum = 0;
	size_t k;

	if (kind != PROC_HTTP && kind != PROC_WS && kind != PROC_KAFKA)
		return 0;
	for (k = 0; k < row->cells; k++)
		sum += (int64_t)m[row->first + k];
	return sum;
}

static int64_t
figure(const uint64_t *m, enum metric_id id)
{
	return (int64_t)m[metric_row(id)->first];
}

static void
put_process(struct buf *b, int i)
{
	const struct slot *s = scoreboard_slot(i);
	bool quarantined = s->state == SLOT_DEAD;
	const uint64_t *m = scoreboard_metrics(i);
	struct json_field f[] = {
		JI("pid", s->pid), JS("kind", proc_kind_names[s->kind]), JI("index", s->index), JS("title", s->title),
		JI("generation", s->generation), JS("state", quarantined ? "quarantined" : slot_state_names[s->state]),
		JI("restarts", s->restarts),
		JT("startedAt", s->started_ms), JI("uptimeMs", now_ms() - s->started_ms),
		JI("heartbeatAgeMs", mono_ms() - s->heartbeat_ms),
		JI("requests", requests_of(i)), JI("rssBytes", (int64_t)m[metric_row(M_RSS)->first]),
		JI("cpuMs", (int64_t)m[metric_row(M_CPU)->first]),
		JB("postgres", s->links_up & LINK_PG), JB("redis", s->links_up & LINK_REDIS),
		JB("kafka", s->links_up & LINK_KAFKA), JI("dbConnections", s->db_held),
		JI("connections", figure(m, s->kind == PROC_WS ? M_WS_CONNECTIONS : M_HTTP_CONNECTIONS)),
		JI("deliveries", figure(m, M_WS_DELIVERIES)), JI("loopLagUs", figure(m, M_LOOP_LAG)),
		JI("openFds", figure(m, M_OPEN_FDS)), JI("maxFds", figure(m, M_MAX_FDS)),
	};

	json_put_obj(b, f, NELEM(f));
}

/* Of the whole host, for `dure top`. */
static void
put_figures(struct buf *b)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];
	size_t n = scoreboard_blocks(blocks);
	enum { HIT, MISS, LOCAL, JOINED };	/* cells of M_CACHE */
	struct json_field f[] = {
		JI("outboxDepth", (int64_t)metric_total(blocks, n, M_OUTBOX_DEPTH, 0)),
		JI("outboxAgeMs", (int64_t)metric_total(blocks, n, M_OUTBOX_AGE, 0)),
		JI("kafkaLag", (int64_t)metric_total_all(blocks, n, M_KAFKA_LAG)),
		JI("cacheHits", (int64_t)(metric_total(blocks, n, M_CACHE, HIT) + metric_total(blocks, n, M_CACHE,
		    LOCAL) +
		    metric_total(blocks, n, M_CACHE, JOINED))),
		JI("cacheMisses", (int64_t)metric_total(blocks, n, M_CACHE, MISS)),
	};

	buf_str(b, ",\"figures\":");
	json_put_obj(b, f, NELEM(f));
}

/* The values in effect, each as text; secrets as ***. */
static void
put_configuration(struct buf *b)
{
	const struct conf_key *k;
	struct buf value = { 0 };

	buf_str(b, ",\"configuration\":{");
	for (k = conf_keys; k->name != NULL; k++) {
		struct json_field f;

		buf_reset(&value);
		conf_put_value(&conf, k, &value);
		f = JN(k->name, ((struct str){ value.p, value.n }));
		if (k != conf_keys)
			buf_byte(b, ',');
		json_put_fields(b, &f, 1);
	}
	buf_byte(b, '}');
	buf_fini(&value);
}

void
status_put(struct buf *b)
{
	char address[BROKER_ADDRESS_BYTES];
	int64_t broker;
	int i, n = 0;

	scoreboard_broker(address, &broker);
	struct json_field head[] = {
		JI("pid", getpid()), JS("version", dure_version), JS("state", supervise_state()),
		JI("generation", reload_generation()),
		JI("reloads", reload_count()), JS("reloadError", reload_error()),
		JI("upgradeFailures", upgrade_failures()), JS("upgradeError", upgrade_error()),
		JI("port", conf.port),
		JI("dbBudget", scoreboard_db_budget()), JI("dbUsed", scoreboard_db_used()),
		JS("broker", *address != '\0' ? address : NULL),
	};
	buf_byte(b, '{');
	json_put_fields(b, head, NELEM(head));
	buf_str(b, ",\"processes\":[");
	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		if (scoreboard_slot(i)->state == SLOT_FREE ||
		    (scoreboard_slot(i)->state == SLOT_DEAD && scoreboard_slot(i)->quarantined_ms == 0))
			continue;
		if (n++ > 0)
			buf_byte(b, ',');
		put_process(b, i);
	}
	buf_byte(b, ']');
	put_figures(b);
	put_configuration(b);
	buf_str(b, "}\n");
}
