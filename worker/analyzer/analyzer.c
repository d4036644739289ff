/* analyzer.c -- dure: analyzer. An analysis pipeline in one process, on the topics like any external one.
 *
 * Requests are processed in coroutines, several at once. A request's offset is committed when its answer was
 * acknowledged and every earlier request of its partition is done too. The next process repeats a request that was
 * interrupted.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/trace_ring.h"
#include "link/kafka.h"
#include "model_place.h"
#include "places.h"
#include "request.h"
#include "run/co.h"
#include "worker/broker_watch.h"
#include "worker/child.h"

enum {
	TAKEN_MAX	= 64,		/* requests consumed and not done */
	ANALYSES_MAX	= 4,		/* of them, concurrent analyses */
	WAIT_MS		= 200,
	RETRY_MS	= 300,
	GIVE_UP_MS	= 10000,
	FLUSH_MS	= 2000,
	LEAVE_MS	= 3000,
};
#define GROUP "dure-analyzer"

/* The runner of each topic, in the same order; analyses have a runner of their own. */
static const char *const topics[] = { "analysis-requests", "product-search-requests", "watchlist-requests",
    "batch-jobs" };
static int (*const runners[])(const struct request *rq) = { NULL, search_request_run, watch_request_run,
    batch_request_run };

static struct {
	struct model	*model;
	struct co_group	 work;
	int		 taken, analyses;
	struct co_gate	 ended, turn;		/* a request ended; an analysis did */
} self;

struct job {
	struct request	 rq;
	struct place	*place;
};

/* The static text of a topic's name. */
static const char *
topic_of(const char *name)
{
	size_t i;

	for (i = 0; strcmp(topics[i], name) != 0; i++)
		if (i + 1 == NELEM(topics))
			bug("a message of a topic that was not asked for");
	return topics[i];
}

static struct job *
make_job(const struct kafka_message *m)
{
	size_t t = m->traceparent != NULL ? strlen(m->traceparent) + 1 : 0;
	struct job *j = malloc(sizeof(*j) + m->value.n + t);
	char *p = (char *)(j + 1);

	if (j == NULL)
		bug("out of memory");
	memcpy(p, m->value.p, m->value.n);
	if (t > 0)
		memcpy(p + m->value.n, m->traceparent, t);
	j->rq = (struct request){ topic_of(m->topic), { p, m->value.n }, t > 0 ? p + m->value.n : NULL };
	j->place = places_begin(j->rq.topic, m->partition, m->offset);
	return j;
}

/* Waits until fewer than ANALYSES_MAX are running. Yields. */
static int
run_analysis(const struct request *rq)
{
	int rc;

	while (self.analyses >= ANALYSES_MAX && !child_stopping())
		if ((rc = co_gate_wait(&self.turn, -1)) < 0)
			return rc;
	if (child_stopping())
		return E_CANCELED;
	self.analyses++;
	rc = analysis_request_run(rq, self.model);
	self.analyses--;
	co_gate_wake_one(&self.turn);
	return rc;
}

static int
run_request(const struct request *rq)
{
	size_t i = 0;

	while (topics[i] != rq->topic)
		i++;
	return runners[i] != NULL ? runners[i](rq) : run_analysis(rq);
}

/* Where the request's trace is recorded, its statements and answers are below a span of its own. */
static int
run_recorded(struct request *rq)
{
	char name[64];
	struct trace t;
	const struct log_work work = { .traceparent = t.text, .trace = &t };
	struct trace_span span = { .trace = &t, .kind = TRACE_CONSUMER, .step = TRACE_ANALYSIS, .name = name };
	int rc;

	if (!trace_join(&t, rq->traceparent))
		return run_request(rq);
	span.start_us = mono_us();
	rq->traceparent = t.text;
	log_work(&work);
	rc = run_request(rq);
	log_work(NULL);
	span.end_us = mono_us();
	snprintf(name, sizeof(name), "process %s", rq->topic);
	trace_record(&span, JS("messaging.system", "kafka"), JS("messaging.operation.name", "process"),
	    JS("messaging.operation.type", "process"), JS("messaging.destination.name", rq->topic),
	    JS("messaging.consumer.group.name", GROUP));
	return rc;
}

static void
run_job(void *arg)
{
	struct job *j = arg;
	int rc = run_recorded(&j->rq);

	if (rc == 0)
		places_end(j->place);
	free(j);
	self.taken--;
	co_gate_wake_all(&self.ended);
}

static void
on_revoke(const struct kafka_place *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		places_forget(v[i].topic, v[i].partition);
}

static const struct kafka_consumer_hooks hooks = { NULL, on_revoke };

/* Consumes as many requests as there is room for. */
static int
consume_requests(void)
{
	struct kafka_message *m;
	struct kafka_batch *b;
	size_t i, n;
	int rc;

	if ((rc = kafka_producer_open(GIVE_UP_MS)) < 0 || (rc = kafka_consumer_open(GROUP, topics, NELEM(topics),
	    &hooks)) < 0 || (rc = kafka_poll(&b, &m, &n, (size_t)(TAKEN_MAX - self.taken), SIZE_MAX,
	    WAIT_MS)) < 0 || n == 0)
		return rc;
	for (i = 0; i < n; i++) {
		self.taken++;
		co_group_spawn(&self.work, run_job, make_job(&m[i]), 0);
	}
	kafka_batch_free(&b);
	return 0;
}

static void
run_analyzer(void *arg)
{
	(void)arg;
	while (!child_stopping()) {
		if (self.taken == TAKEN_MAX)
			co_gate_wait(&self.ended, WAIT_MS);
		else if (consume_requests() < 0)
			co_sleep(RETRY_MS);
	}
	co_gate_wake_all(&self.turn);
}

static int
analyzer_start(const struct child_sockets *s, int index)
{
	const char *path = model_place(co_arena()), *why = NULL;

	(void)s;
	(void)index;
	if ((self.model = model_open(path, &why)) == NULL) {
		log_error("no model for the analyzer", JS("file", path), JS("reason", why));
		return E_NOT_FOUND;
	}
	broker_watch_start();
	co_group_spawn(&self.work, run_analyzer, NULL, 0);
	return 0;
}

/* Analyses in progress end at their next page, unanswered; the successor repeats them. */
static void
analyzer_drain(void)
{
	broker_watch_stop();
	co_group_wait(&self.work);
	kafka_consumer_close(LEAVE_MS);
	kafka_producer_close(FLUSH_MS);
}

const struct child_role analyzer_role = { .name = "analyzer", .links = LINK_PG | LINK_REDIS | LINK_KAFKA,
    .start = analyzer_start, .drain = analyzer_drain };
