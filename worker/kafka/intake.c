/* intake.c -- consumes topics and applies their messages. See intake.h.
 *
 * A batch of messages and its offsets are one transaction; the effects are applied after its commit. If a message can
 * never be applied, the batch is replayed with a savepoint before each message: failing ones go to dead_letters, the
 * others take effect. After any other failure the batch is replayed message by message, each in a transaction of its
 * own. What may succeed later is retried until it does, however long PostgreSQL is down.
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
	bool		 careful;	/* a savepoint before each */
	int		 rc;
	int		 counts[3];
	char		 reason[512];	/* of a refusal */
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

static void
keep_reason(struct unit *u, int rc, const struct kmsg *k)
{
	snprintf(u->reason, sizeof(u->reason), "%s%s%s", err_row(rc)->code, k->reason != NULL ? ": " : "",
	    k->reason != NULL ? k->reason : "");
}

/* The span of a message, in k->mem: effects refer to it. NULL: its trace is not recorded. */
static struct trace *
join_trace(const struct kmsg *k)
{
	struct trace t;

	return trace_join(&t, k->m->traceparent) ? memcpy(arena_alloc(k->mem, sizeof(t)), &t, sizeof(t)) : NULL;
}

static void
record_message(const struct kmsg *k, const struct trace *t, int64_t start_us, int rc)
{
	char name[96];
	const struct trace_span span = { .trace = t, .kind = TRACE_CONSUMER, .step = TRACE_KAFKA, .name = name,
	    .start_us = start_us, .end_us = mono_us(), .error = rc < 0 ? err_row(rc)->code : NULL };

	snprintf(name, sizeof(name), "process %s", k->m->topic);
	trace_record(&span, JS("messaging.system", "kafka"), JS("messaging.operation.name", "process"),
	    JS("messaging.operation.type", "process"), JS("messaging.destination.name", k->m->topic),
	    JI("messaging.destination.partition.id", k->m->partition), JI("messaging.kafka.offset", k->m->offset),
	    JS("messaging.consumer.group.name", conf.kafka_group_id), JS("messaging.message.id", k->m->message_id),
	    JI("dure.message.age_ms", now_ms() - k->m->timestamp_ms),
	    JIF(span.error != NULL, JS("error.type", span.error)));
}

/* Applies the message k->m, whose trace goes on in what it publishes. */
static int
apply_message(struct kmsg *k)
{
	const struct trace *t = join_trace(k);
	const struct log_work work = { .traceparent = t != NULL ? t->text : k->m->traceparent, .trace = t };
	int64_t start_us = t != NULL ? mono_us() : 0;
	int rc;

	log_work(&work);
	rc = topics_in_apply(k);
	log_work(NULL);
	if (t != NULL)
		record_message(k, t, start_us, rc);
	return rc;
}

/* Applies all messages in the transaction; the first failure ends it. */
static int
apply_all(struct unit *u, struct kmsg *k)
{
	size_t i;
	int rc;

	for (i = 0; i < u->n; i++) {
		k->m = &u->m[i];
		k->reason = NULL;
		if ((rc = apply_message(k)) < 0 && rc != E_CONFLICT) {
			keep_reason(u, rc, k);
			return rc;
		}
		u->counts[rc == 0 ? APPLIED : DUPLICATE]++;
	}
	return 0;
}

static int
add_dead_letter(struct unit *u, struct kmsg *k, const char *reason)
{
	int rc = offsets_dead_letter(k->pg, k->mem, k->m, reason);

	if (rc == 0)
		effects_outbox(k->effects);
	u->counts[DEAD]++;
	return rc;
}

/* Applies one message behind a savepoint; a failure is rolled back to it, so that the offset can still move. */
static int
apply_one(struct unit *u, struct kmsg *k)
{
	int rc;

	k->reason = NULL;
	if (u->dead_reason != NULL)
		return add_dead_letter(u, k, u->dead_reason);
	if ((rc = pg_query(k->pg, NULL, &set_savepoint)) < 0)
		return rc;
	if ((rc = apply_message(k)) == 0) {
		u->counts[APPLIED]++;
		return 0;
	}
	keep_reason(u, rc, k);
	if (rc != E_CONFLICT && err_row(rc)->verdict == RETRY)
		return rc;
	k->effects = effects_new(k->mem);
	if (pg_query(k->pg, NULL, &rollback_savepoint) < 0)
		return E_DOWN;
	if (rc != E_CONFLICT)
		return add_dead_letter(u, k, u->reason);
	u->counts[DUPLICATE]++;
	return 0;
}

/* Applies each message behind a savepoint of its own, with effects of its own, effects[i]. */
static int
apply_each(struct unit *u, struct kmsg *k, struct effects **effects)
{
	size_t i;
	int rc;

	for (i = 0; i < u->n; i++) {
		k->m = &u->m[i];
		k->effects = effects_new(k->mem);
		if ((rc = apply_one(u, k)) < 0 || (u->dead_reason == NULL &&
		    (rc = pg_query(k->pg, NULL, &release_savepoint)) < 0))
			return rc;
		effects[i] = k->effects;
	}
	return 0;
}

static int
apply_unit(struct unit *u, struct kmsg *k, struct effects **effects)
{
	int rc;

	if ((rc = offsets_move(k->pg, u->m, u->n)) == E_CONFLICT)
		kafka_rewind();		/* another bridge has applied these */
	if (rc < 0)
		return rc;
	if (u->n == 1 || u->careful)
		return apply_each(u, k, effects);
	k->effects = effects[0] = effects_new(k->mem);
	return apply_all(u, k);
}

static void
run_unit(void *arg)
{
	struct unit *u = arg;
	struct kmsg k = { .mem = co_arena() };
	struct effects **effects = arena_zalloc(k.mem, u->n * sizeof(struct effects *));
	size_t i;

	memset(u->counts, 0, sizeof(u->counts));
	if ((u->rc = pg_begin(&k.pg)) < 0)
		return;
	if ((u->rc = apply_unit(u, &k, effects)) < 0) {
		pg_rollback(&k.pg);
		return;
	}
	if ((u->rc = pg_commit(&k.pg)) < 0) {
		/* perhaps committed: the stored offset tells the next attempt */
		intake_unpublished(now_ms() - UNSURE_MS);
		return;
	}
	offsets_moved(u->m, u->n);
	for (i = 0; i < u->n && effects[i] != NULL; i++)
		effects_apply(effects[i]);
	for (i = 0; i < NELEM(u->counts); i++)
		metric_add(M_KAFKA_CONSUMED, i, (uint64_t)u->counts[i]);
}

static int
try_unit(struct unit *u)
{
	in_coroutine(run_unit, u);
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

	while ((rc = try_unit(&u)) < 0 && rc != E_CONFLICT) {
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

static int
settle_batch(const struct kafka_message *m, size_t n)
{
	struct unit u = { .m = m, .n = n };
	size_t i;
	int rc;

	for (; n > 1; u.careful = true) {
		if ((rc = try_unit(&u)) == 0 || rc == E_CONFLICT)
			return rc;
		if (u.careful || err_row(rc)->verdict == RETRY)
			break;
	}
	for (i = 0, rc = 0; i < n && rc == 0; i++)
		rc = settle_one(&m[i]);
	return rc;
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
	    &hooks)) < 0 || (*rc = kafka_poll(&b, &m, &n, (size_t)conf.kafka_batch, WAIT_MS)) < 0 || n == 0)
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
