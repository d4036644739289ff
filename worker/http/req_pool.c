/* req_pool.c -- a free list and the list of requests under way. See req_pool.h. Yields: req_wait_idle. */
#include "req_pool.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "run/co.h"
#include "run/hostile.h"
#include "transport.h"

enum {
	FREE_MAX	= HOSTILE_KEEPS(256),	/* idle requests kept with their buffers */
	KEEP_BYTES	= 65536,		/* larger buffers are not kept */
};

static struct req *idle;
static int n_idle, n_live;
static struct req *live;
static struct co_gate became_idle;

/* A request from the free list, zeroed but for its buffers. */
struct req *
req_pool_get(void)
{
	struct req *rq = idle;
	struct buf target, in, chunk, out;

	if (rq != NULL) {
		idle = rq->next;
		n_idle--;
		target = rq->target, in = rq->in, chunk = rq->chunk, out = rq->out;
		memset(rq, 0, sizeof(*rq));
		rq->target = target, rq->in = in, rq->chunk = chunk, rq->out = out;
	} else if ((rq = calloc(1, sizeof(*rq))) == NULL) {
		abort();
	}
	rq->next = live;
	if (live != NULL)
		live->prev = rq;
	live = rq;
	n_live++;
	return rq;
}

static void
empty_buf(struct buf *b, bool keep)
{
	if (keep && b->cap <= KEEP_BYTES)
		buf_reset(b);
	else
		buf_fini(b);
}

int
req_charge(struct req *rq, enum budget b, int64_t n)
{
	if (rq->client == NULL)
		rq->client = clients_get(rq->ip);
	if (clients_charge(rq->client, b, n))
		return 0;
	rq->rate.retry_s = 1;
	return E_RATE;
}

static void
refund_request(struct req *rq)
{
	if (rq->client == NULL)
		return;
	clients_refund(rq->client, BUDGET_BYTES, rq->charged_bytes);
	clients_refund(rq->client, rq->stream ? BUDGET_STREAMS : BUDGET_BODIES, rq->charged);
	clients_put(&rq->client);
}

void
req_pool_put(struct req *rq)
{
	bool keep = n_idle < FREE_MAX;

	refund_request(rq);
	free(rq->trace);
	if (rq->next != NULL)
		rq->next->prev = rq->prev;
	if (rq->prev != NULL)
		rq->prev->next = rq->next;
	else
		live = rq->next;
	empty_buf(&rq->target, keep);
	empty_buf(&rq->in, keep);
	empty_buf(&rq->chunk, keep);
	empty_buf(&rq->out, keep);
	if (keep) {
		rq->next = idle;
		idle = rq;
		n_idle++;
	} else {
		free(rq);
	}
	if (--n_live == 0)
		co_gate_wake_all(&became_idle);
}

#ifdef HOSTILE
struct req *
req_of_co(const struct co *c)
{
	struct req *rq = live;

	while (rq != NULL && rq->co != c)
		rq = rq->next;
	return rq;
}
#endif

int
req_wait_idle(void)
{
	int rc = 0;

	while (n_live > 0 && rc == 0)
		rc = co_gate_wait(&became_idle, -1);
	return rc;
}

void
req_cancel_all(void)
{
	struct req *rq;

	for (rq = live; rq != NULL; rq = rq->next)
		if (rq->co != NULL)
			co_cancel(rq->co);
}

void
req_resume_all(void)
{
	struct req *rq;

	for (rq = live; rq != NULL; rq = rq->next)
		if (rq->suspended)
			transport->resume(rq);
}
