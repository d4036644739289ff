/* intake.c -- consumes topics and applies their messages. See intake.h.
 *
 * A batch of messages, which is what has arrived, and its offsets are one transaction; the effects are applied after
 * its commit. A message that is refused before it changed anything becomes a dead letter in that transaction. If
 * anything else can never be applied, the batch is replayed behind savepoints and halved until what fails stands alone:
 * that goes to dead_letters, the others take effect. After any other failure the batch is replayed by halves, each in a
 * transaction of its own. What may succeed later is retried until it does, however long PostgreSQL is down.
 */
#include "intake.h"

#include <stdio.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/trace_ring.h"
#include "link/redis.h"
#include "offsets.h"
#include "run/co.h"
#include "topics_in.h"
#include "worker/child.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/ops/republish.h"

enum { APPLIED, DUPLICATE, DEAD };	/* cells of M_KAFKA_CONSUMED */
enum { WAIT_MS = 200, RETRY_MS = 100, RETRY_MAX_MS = 1000, TRIES = 5 };
enum { UNSURE_MS = 3000, PUBLISHED = 0 };

static int64_t unpublished_ms;	/* changes since then may not have been published; PUBLISHED: all were */

struct unit {			/* messages that are one transaction */
	const struct kafka_message *m;
	size_t		 n;
	const char	*dead_reason;		/* makes the message a dead letter, for this reason (n is 1) */
	bool		 careful;	/* behind savepoints */
	bool		 lost;		/* another bridge has moved the offsets */
	int		 rc;
};

/* Runs fn(arg) in a coroutine of its own, whose arena is freed with it, and waits for its end. Yields. The bridge's
 * coroutines are never cancelled. */
static void
in_coroutine(void (*fn)(void *), void *arg)
{
	struct co_group group = { 0 };

	co_group_spawn(&group, fn, arg, 0);
	if (co_group_wait(&group) < 0)
		bug("the bridge was cancelled");
}

static struct pg_stmt set_savepoint = PG_STMT("savepoint", "", "SAVEPOINT message");
static struct pg_stmt release_savepoint = PG_STMT("release", "", "RELEASE SAVEPOINT message");
static struct pg_stmt rollback_savepoint = PG_STMT("rollback", "", "ROLLBACK TO SAVEPOINT message");

/* The span of a message, in k->mem: effects refer to it. */
static void
join_trace(struct kmsg *k)
{
	struct trace t;

	k->work.traceparent = k->m->traceparent;
	if (!trace_join(&t, k->m->traceparent))
		return;
	k->work.trace = memcpy(arena_alloc(k->mem, sizeof(t)), &t, sizeof(t));
	k->work.traceparent = k->work.trace->text;
}

static void
record_message(const struct kmsg *k, int64_t start_us, int rc)
{
	char name[96];
	const struct trace_span span = { .trace = k->work.trace, .kind = TRACE_CONSUMER, .step = TRACE_KAFKA,
	    .name = name, .start_us = start_us, .end_us = mono_us(), .error = rc < 0 ? err_row(rc)->code : NULL };

	snprintf(name, sizeof(name), "process %s", k->m->topic);
	trace_record(&span, JS("messaging.system", "kafka"), JS("messaging.operation.name", "process"),
	    JS("messaging.operation.type", "process"), JS("messaging.destination.name", k->m->topic),
	    JI("messaging.destination.partition.id", k->m->partition), JI("messaging.kafka.offset", k->m->offset),
	    JS("messaging.consumer.group.name", conf.kafka_group_id), JS("messaging.message.id", k->m->message_id),
	    JI("dure.message.age_ms", now_ms() - k->m->timestamp_ms),
	    JIF(span.error != NULL, JS("error.type", span.error)));
}

static void
record_messages(const struct kmsg *k, size_t n, int64_t start_us, int rc)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (k[i].work.trace != NULL)
			record_message(&k[i], start_us, rc < 0 ? rc : k[i].rc);
}

static const char *
refusal(const struct kmsg *k)
{
	return arena_printf(k->mem, "%s%s%s", err_row(k->rc)->code, k->reason != NULL ? ": " : "",
	    k->reason != NULL ? k->reason : "");
}

static bool
is_dead(const struct kmsg *k)
{
	return k->rc < 0 && k->rc != E_CONFLICT;
}

static int
add_dead_letter(struct kmsg *k, const char *reason)
{
	int rc;

	log_work(&k->work);
	if ((rc = offsets_dead_letter(k->pg, k->mem, k->m, reason)) == 0)
		effects_outbox(k->effects);
	log_work(NULL);
	return rc;
}

/* Applies messages of the transaction; refused ones become dead letters. An error fails them all. */
static int
apply_messages(struct kmsg *k, size_t n)
{
	int64_t start_us = mono_us();
	int rc = topics_in_apply(k, n);
	size_t i;

	record_messages(k, n, start_us, rc);
	for (i = 0; i < n && rc == 0; i++)
		if (is_dead(&k[i]))
			rc = add_dead_letter(&k[i], refusal(&k[i]));
	return rc;
}

static void
reset_messages(struct kmsg *k, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		k[i].effects = effects_new(k[i].mem);
}

/* Applies messages behind a savepoint. When they fail for good, they are rolled back to it, so that the offset can
 * still move, and halved; one that fails alone is a dead letter, or a duplicate where something unique is there. */
static int
apply_part(struct kmsg *k, size_t n)
{
	int rc;

	if ((rc = pg_query(k->pg, NULL, &set_savepoint)) < 0)
		return rc;
	if ((rc = apply_messages(k, n)) == 0)
		return pg_query(k->pg, NULL, &release_savepoint);
	if (err_row(rc)->verdict == RETRY)
		return rc;
	reset_messages(k, n);
	if (pg_query(k->pg, NULL, &rollback_savepoint) < 0)
		return E_DOWN;
	if (n == 1) {
		k->rc = rc;
		return is_dead(k) ? add_dead_letter(k, refusal(k)) : 0;
	}
	return (rc = apply_part(k, n / 2)) < 0 ? rc : apply_part(k + n / 2, n - n / 2);
}

static int
apply_unit(struct unit *u, struct kmsg *k)
{
	int rc;

	if ((rc = offsets_move(k->pg, u->m, u->n)) == E_CONFLICT) {
		u->lost = true;
		kafka_rewind();		/* another bridge has applied these */
	}
	if (rc < 0)
		return rc;
	if (u->dead_reason != NULL) {
		k->rc = E_INTERNAL;
		return add_dead_letter(k, u->dead_reason);
	}
	return u->careful ? apply_part(k, u->n) : apply_messages(k, u->n);
}

static struct kmsg *
messages_of(const struct unit *u, struct pg *pg)
{
	struct kmsg *k = arena_zalloc(co_arena(), u->n * sizeof(*k));
	size_t i;

	for (i = 0; i < u->n; i++) {
		k[i].mem = co_arena();
		k[i].pg = pg;
		k[i].m = &u->m[i];
		join_trace(&k[i]);
	}
	reset_messages(k, u->n);
	return k;
}

/* The transaction is committed. */
static void
apply_effects(struct kmsg *k, size_t n)
{
	struct effects **effects = arena_alloc(k->mem, n * sizeof(*effects));
	uint64_t counts[] = { [APPLIED] = 0, [DUPLICATE] = 0, [DEAD] = 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		effects[i] = k[i].effects;
		counts[k[i].rc == 0 ? APPLIED : is_dead(&k[i]) ? DEAD : DUPLICATE]++;
	}
	effects_apply_all(effects, n);
	for (i = 0; i < NELEM(counts); i++)
		metric_add(M_KAFKA_CONSUMED, i, counts[i]);
}

static void
run_unit(void *arg)
{
	struct unit *u = arg;
	struct kmsg *k;
	struct pg *pg;

	u->lost = false;
	if ((u->rc = pg_begin(&pg)) < 0)
		return;
	k = messages_of(u, pg);
	if ((u->rc = apply_unit(u, k)) < 0) {
		pg_rollback(&pg);
		return;
	}
	if ((u->rc = pg_commit(&pg)) < 0) {
		/* perhaps committed: the stored offset tells the next attempt */
		intake_unpublished(now_ms() - UNSURE_MS);
		return;
	}
	offsets_moved(u->m, u->n);
	apply_effects(k, u->n);
}

/* One attempt, or two: what fails for good is found behind savepoints. */
static int
try_unit(struct unit *u)
{
	u->careful = false;
	in_coroutine(run_unit, u);
	if (u->rc < 0 && !u->lost && err_row(u->rc)->verdict == PARK) {
		u->careful = true;
		in_coroutine(run_unit, u);
	}
	return u->rc;
}

/* Applies one message until it has taken effect, proves to be a duplicate, or is a dead letter. E_CANCELED, E_CONFLICT
 * (the partition is another bridge's now). */
static int
settle_one(const struct kafka_message *m)
{
	struct unit u = { .m = m, .n = 1 };
	int64_t wait_ms = RETRY_MS;
	int rc, tries = 0;

	while ((rc = try_unit(&u)) < 0 && !u.lost) {
		if (rc == E_INTERNAL && ++tries == TRIES)
			u.dead_reason = "INTERNAL_ERROR: failed every time";
		log_warn("message is tried again", JS("topic", m->topic), JI("partition", m->partition),
		    JI("offset", m->offset), JS("reason", err_row(rc)->code));
		if (child_stopping())
			return E_CANCELED;
		if ((rc = co_sleep(wait_ms)) < 0)
			return rc;
		wait_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
	}
	return rc;
}

/* All together; where that fails, by halves. After an outage the first message waits alone until it is over, and the
 * others follow in ever larger parts. Errors as settle_one. */
static int
settle_batch(const struct kafka_message *m, size_t n)
{
	struct unit u = { .m = m, .n = n };
	int rc;

	if (n == 1)
		return settle_one(m);
	if ((rc = try_unit(&u)) == 0 || u.lost)
		return rc;
	if (child_stopping())
		return E_CANCELED;
	return (rc = settle_batch(m, n / 2)) < 0 ? rc : settle_batch(m + n / 2, n - n / 2);
}

static int
on_assign(struct kafka_place *v, size_t n)
{
	return offsets_load(v, n);
}

static const struct kafka_consumer_hooks hooks = { on_assign, NULL };

/* Before the first message: notes what the previous bridge may not have published, and resends all running requests to
 * a broker that lost them (the embedded one starts empty). */
static int
prepare_cluster(void)
{
	int64_t last_ms = 0;
	bool fresh = false;
	int rc, n = 0;

	if ((rc = offsets_last_move(&last_ms)) < 0 || (rc = offsets_meet_cluster(&fresh)) < 0)
		return rc;
	if (last_ms > 0)
		intake_unpublished(last_ms - UNSURE_MS);
	if (fresh && kafka_embedded())
		rc = analysis_resend_all(co_arena(), &n);
	if (n > 0)
		log_info("requests sent again to a new broker", JI("count", n));
	return rc;
}

static int
republish_unpublished(void)
{
	int64_t since_ms = unpublished_ms;
	int rc;

	if (since_ms == PUBLISHED || !redis_up())
		return 0;
	if ((rc = republish_since(co_arena(), since_ms)) == 0 && unpublished_ms == since_ms)
		unpublished_ms = PUBLISHED;
	return rc;
}

void
intake_unpublished(int64_t since_ms)
{
	if (unpublished_ms == PUBLISHED || since_ms < unpublished_ms)
		unpublished_ms = since_ms;
}

/* Polls once and applies the batch, in a coroutine of its own. */
static void
poll_once(void *arg)
{
	const char *topics[16];
	size_t n_topics = topics_in_names(topics), n;
	struct kafka_message *m;
	struct kafka_batch *b;
	int *rc = arg;

	if ((*rc = republish_unpublished()) < 0 || (*rc = kafka_consumer_open(conf.kafka_group_id, topics, n_topics,
	    &hooks)) < 0 || (*rc = kafka_poll(&b, &m, &n, (size_t)conf.kafka_batch, (size_t)conf.kafka_batch_bytes,
	    WAIT_MS)) < 0 || n == 0)
		return;
	*rc = settle_batch(m, n);
	kafka_batch_free(&b);
}

static void
prepare_in_coroutine(void *arg)
{
	*(int *)arg = prepare_cluster();
}

void
intake_run(void)
{
	bool prepared = false;
	int rc = 0;

	while (!child_stopping()) {
		in_coroutine(prepared ? poll_once : prepare_in_coroutine, &rc);
		prepared = prepared || rc == 0;
		if (rc < 0 && rc != E_CONFLICT && co_sleep(RETRY_MS) < 0)
			return;
	}
}
