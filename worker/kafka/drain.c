/* drain.c -- publishes outbox rows to Kafka, in order per key, at least once. See drain.h.
 *
 * The bridges of several hosts share the outbox by its shards (shards.c). This bridge's locks, reads and deletes are
 * all on one connection: if it is lost, so are the locks, and nothing can be deleted. While messages are in flight the
 * connection is checked every second; without it they are given up, because another bridge sends them now. A row is
 * deleted after Kafka acknowledged it; after a crash it is sent again with the same messageId. Shards are drained in
 * lanes, so that PostgreSQL serves one while Kafka serves the other. A lane gives shards back between two batches,
 * when everything it sent is settled. Rows for a missing topic are left aside for a while. An outage of the brokers is
 * left to librdkafka, which knows what has arrived.
 */
#include "drain.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "drain_trace.h"
#include "link/kafka.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"
#include "shards.h"
#include "status.h"
#include "worker/child.h"
#include "worker/domain/core/dead_letter.h"
#include "worker/domain/core/outbox.h"

enum {
	GIVE_UP_MS	= 120000,	/* without any acknowledgement for so long the producer restarts */
	GIVE_UP_EMBEDDED_MS = 10000,	/* the embedded broker loses answers */
	STOP_MS		= 5000,
	SURE_MS		= 1000,
	RETRY_MS	= 250,
	RETRY_MAX_MS	= 1000,
	SHARE_MS	= 1000,
	/* without brokers, rows in flight keep their shards from connected bridges for so long */
	HAND_OVER_MS	= 5000,
};
enum { LANES = 2, MISSING_MAX = 16, MISSING_MS = 5000 };

static struct {
	struct pg	*pg;			/* holds the locks; NULL: none */
	struct co_gate	 gate;			/* lanes waiting for rows */
	struct co_gate	 over;			/* wakes the next look at the shares */
	bool		 lost;			/* the session is lost */
	int64_t		 cut_off_ms;	/* since when others could send and this bridge could not; 0: not so */
	struct { const char *topic; int64_t until_ms; } missing[MISSING_MAX];	/* topics skipped until then */
	struct loop_timer stop_over;		/* limits the wait for rows in flight after a stop */
	unsigned	 announced;		/* one bit per lane: rows were committed since its last look */
} drain;

static void
on_announced(void *arg, const char *p, size_t n)
{
	(void)arg, (void)n;
	if (p == NULL)
		status_redis_renewed();
	drain.announced = ~0u;
	co_gate_wake_all(&drain.gate);
}

static void
drop_session(void)
{
	shards_close();
	if (drain.pg != NULL)
		pg_release(&drain.pg);
}

struct in_flight {			/* rows handed to Kafka, until the last is settled */
	struct co	*waiter;	/* NULL: not waiting */
	int		 left;
	int		*rc;		/* one per row; 1: not sent */
};
struct in_flight_row {
	struct in_flight	*flight;
	int		 row;
	struct drain_trace *trace;	/* NULL: it is not recorded */
};

static void
on_settled(void *arg, int rc)
{
	struct in_flight_row *p = arg;

	if (p->trace != NULL)
		drain_trace_sent(p->trace, rc);
	p->flight->rc[p->row] = rc;
	if (--p->flight->left == 0 && p->flight->waiter != NULL)
		co_wake(p->flight->waiter);
}

static int
send_row(const struct outbox_row *o, struct in_flight_row *p)
{
	char *time = arena_alloc(co_arena(), TIME_TEXT_BYTES);
	const char *traceparent = drain_trace_begin(co_arena(), o, &p->trace);
	const struct kafka_header h[] = { { "messageId", o->m.message_id }, { "type", *o->m.type != '\0'
	    ? o->m.type : NULL },
	    { "timestamp", time_text(time, o->created_ms) }, { "traceparent", traceparent } };

	return kafka_send(o->m.topic, str_of(o->m.key), o->m.payload, h, NELEM(h), on_settled, p);
}

static struct pg_stmt ask_session = PG_STMT("select", "locks", "SELECT 1");

/* Waits until all rows are settled, checking meanwhile that the locks are still held. */
static void
await_flight(struct in_flight *f)
{
	while (f->left > 0) {
		f->waiter = co_self();
		if (co_park(SURE_MS) == 0 || f->left == 0)
			continue;
		f->waiter = NULL;
		if (pg_query(drain.pg, NULL, &ask_session) < 0)
			kafka_producer_give_up();
	}
}

/* Sends the rows in order and waits until each is acknowledged or given up; rc[i] says which. Stops at the first that
 * the client does not accept now. Yields, uncancellable: the producer gives up eventually. */
static void
send_rows(const struct outbox_row *rows, int n, int *rc)
{
	struct in_flight_row *p = arena_alloc(co_arena(), (size_t)n * sizeof(*p));
	struct in_flight f = { NULL, 1, rc };
	int i;

	for (i = 0; i < n; i++)
		rc[i] = 1;
	for (i = 0; i < n; i++) {
		p[i] = (struct in_flight_row){ &f, i, NULL };
		f.left++;
		if ((rc[i] = send_row(&rows[i], &p[i])) == 0) {
			rc[i] = 1;
			continue;
		}
		f.left--;
		if (rc[i] == E_BUSY || rc[i] == E_DOWN)
			break;
	}
	f.left--;
	await_flight(&f);
}

/* Moves a row from the outbox to dead_letters; the notice about it takes its place in the outbox. */
static struct pg_stmt dead_letter_row = PG_STMT("insert", "dead_letters",
    "WITH gone AS (DELETE FROM kafka_outbox WHERE id = $1 RETURNING *),"
    " dead AS ("
    "  INSERT INTO dead_letters (topic, partition, \"offset\", key, value, message_id, type, traceparent, reason)"
    "  SELECT topic, -1, id, key, convert_to(payload, 'UTF8'), message_id, type, traceparent, $2"
    "  FROM gone)"
    " INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    " SELECT $3, $4, key, $5, $6, traceparent, $7 FROM gone");

static int
store_dead_letter(const struct outbox_row *o, int why)
{
	struct outbox_message n = dead_letter_notice(co_arena(),
	    &(struct dead_letter){
		.topic = o->m.topic, .partition = -1, .offset = o->id, .key = o->m.key,
		.traceparent = o->m.traceparent, .reason = err_row(why)->code,
	});

	log_warn("outbox row refused by Kafka", JI("id", o->id), JS("topic", o->m.topic),
	    JS("reason", err_row(why)->code));
	return pg_query(drain.pg, NULL, &dead_letter_row, pg_int(o->id), pg_text(err_row(why)->code),
	    pg_int(outbox_shard(n.key)),
	    pg_text(n.topic), pg_text(n.message_id), pg_text(n.type), pg_text(n.payload.p));
}

/* Skips the rows of a topic for a while: they would only block the others. */
static void
note_missing(const char *topic)
{
	const struct kafka_topic *t;
	int i;

	for (t = kafka_topics; t->name != NULL && strcmp(t->name, topic) != 0; t++)
		;
	if (t->name == NULL)
		return;
	for (i = 0; i < MISSING_MAX - 1 && drain.missing[i].topic != NULL && drain.missing[i].topic != t->name; i++)
		;
	if (drain.missing[i].until_ms < mono_ms())
		log_warn("a topic is missing: run dure kafka init-topics", JS("topic", t->name));
	drain.missing[i].topic = t->name;
	drain.missing[i].until_ms = mono_ms() + MISSING_MS;
}

static size_t
list_missing(const char *out[MISSING_MAX])
{
	size_t n = 0;
	int i;

	for (i = 0; i < MISSING_MAX; i++)
		if (drain.missing[i].topic != NULL && drain.missing[i].until_ms > mono_ms())
			out[n++] = drain.missing[i].topic;
	return n;
}

/* Deletes acknowledged rows, moves refused ones to dead_letters, leaves the rest; *failed is why rows were left (0:
 * none were). Errors as pg_query. */
static int
settle_rows(const struct outbox_row *rows, int n, const int *rc, int *failed)
{
	int64_t *done = arena_alloc(co_arena(), (size_t)n * sizeof(*done));
	int i, n_done = 0, e;

	*failed = 0;
	for (i = 0; i < n; i++) {
		if (rc[i] == 0) {
			done[n_done++] = rows[i].id;
		} else if (rc[i] == E_TOO_LARGE || rc[i] == E_VALIDATION) {
			if ((e = store_dead_letter(&rows[i], rc[i])) < 0)
				return e;
		} else if (rc[i] == E_NOT_FOUND) {
			note_missing(rows[i].m.topic);
		} else if (*failed == 0) {
			*failed = rc[i] == 1 ? E_BUSY : rc[i];
		}
	}
	if (*failed == E_BUSY && n_done > 0)
		*failed = 0;		/* the rest is part of the next batch */
	return outbox_delete(drain.pg, done, n_done);
}

struct lane {
	unsigned	 mask;		/* its shards */
	int		 rc, kafka_rc;
	bool		 more;
};

/* One batch of a lane. */
static void
run_batch(void *arg)
{
	const char *missing[MISSING_MAX];
	size_t n_missing = list_missing(missing);
	struct lane *l = arg;
	struct outbox_row *rows;
	unsigned held;
	int *rc, n = 0;

	l->more = false;
	l->kafka_rc = 0;
	if ((l->rc = shards_give_back(drain.pg, l->mask)) < 0 || (held = shards_held() & l->mask) == 0)
		return;
	if ((l->rc = outbox_read(drain.pg, held, missing, n_missing, (int)conf.outbox_batch, &rows, &n)) < 0 || n == 0)
		return;
	l->more = n == conf.outbox_batch;
	rc = arena_alloc(co_arena(), (size_t)n * sizeof(*rc));
	send_rows(rows, n, rc);
	l->rc = settle_rows(rows, n, rc, &l->kafka_rc);
}

/* One batch in a coroutine of its own, whose arena is freed with it. */
static int
lane_once(struct lane *l)
{
	struct co_group group = { 0 };

	co_group_spawn(&group, run_batch, l, 0);
	if (co_group_wait(&group) < 0)
		bug("the bridge was cancelled");
	return l->rc < 0 ? l->rc : l->kafka_rc;
}

static bool
lanes_open(void)
{
	return !child_stopping() && !drain.lost;
}

/* Batch after batch, until the session is lost or the process stops. */
static void
lane_run(void *arg)
{
	struct lane *l = arg;
	int64_t wait_ms = RETRY_MS;

	while (lanes_open()) {
		drain.announced &= ~l->mask;
		if (((shards_held() | shards_surplus()) & l->mask) != 0 && lane_once(l) < 0) {
			drain.lost = drain.lost || l->rc < 0;
			co_sleep(wait_ms);
			wait_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
			continue;
		}
		wait_ms = RETRY_MS;
		if (!l->more && (drain.announced & l->mask) == 0 && lanes_open())
			co_gate_wait(&drain.gate, conf.outbox_poll_ms);
	}
}

static void
hand_over(void)
{
	if (kafka_up() || shards_surplus() == 0) {
		drain.cut_off_ms = 0;
	} else if (drain.cut_off_ms == 0) {
		drain.cut_off_ms = mono_ms();
	} else if (mono_ms() - drain.cut_off_ms >= HAND_OVER_MS) {
		drain.cut_off_ms = 0;
		kafka_producer_give_up();
	}
}

/* Adjusts this bridge's share; the lanes pick up new shards and drop given-up ones. */
static void
run_share(void *arg)
{
	unsigned held = shards_held(), surplus = shards_surplus();

	*(int *)arg = shards_share(drain.pg, kafka_up(), kafka_embedded());
	if (shards_held() != held || shards_surplus() != surplus) {
		drain.announced = ~0u;		/* reaches lanes that are not waiting too */
		co_gate_wake_all(&drain.gate);
	}
	hand_over();
}

/* Drains with one session until it is lost or the process stops. This coroutine owns the session: a connection ends
 * with its coroutine. */
static int
drain_session(void)
{
	struct lane lanes[LANES] = { { 0 } };
	struct co_group group = { 0 }, sharing = { 0 };
	int rc, i;

	if ((rc = kafka_producer_open(kafka_embedded() ? GIVE_UP_EMBEDDED_MS : GIVE_UP_MS)) < 0 ||
	    (rc = pg_take(&drain.pg)) < 0)
		return rc;
	drain.lost = false;
	for (i = 0; i < OUTBOX_SHARDS; i++)
		lanes[i % LANES].mask |= 1u << i;
	for (i = 0; i < LANES; i++)
		co_group_spawn(&group, lane_run, &lanes[i], 0);
	while (lanes_open()) {
		co_group_spawn(&sharing, run_share, &rc, 0);
		co_group_wait(&sharing);
		drain.lost = drain.lost || rc < 0;
		if (lanes_open())
			co_gate_wait(&drain.over, SHARE_MS);
	}
	co_gate_wake_all(&drain.gate);
	co_group_wait(&group);
	drop_session();
	return E_DOWN;
}

static void
on_stop_over(struct loop_timer *t)
{
	(void)t;
	kafka_producer_give_up();
}

void
drain_run(void)
{
	struct redis_sub *sub = redis_subscribe("outbox:ready", on_announced, NULL, NULL);

	loop_timer_init(&drain.stop_over, on_stop_over, NULL);
	while (!child_stopping())
		if (drain_session() < 0 && !child_stopping())
			co_sleep(RETRY_MS);
	loop_timer_stop(&drain.stop_over);
	redis_unsubscribe(&sub);
}

void
drain_stop(void)
{
	co_gate_wake_all(&drain.gate);
	co_gate_wake_all(&drain.over);
	loop_timer_start(&drain.stop_over, STOP_MS, STOP_MS);
}
