/* backlog.c -- see backlog.h. Yields: the writer, backlog_flush. */
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

enum { RETRY_MS = 1000, WRITE_LIMIT_MS = 15000 };

struct backlog_entry {
	struct backlog_entry	*next;
	size_t			 n;
	char			 json[];
};

/* The first of the queue as an array; *n: how many. */
static const char *
gather(struct arena *mem, const struct backlog *b, int *n)
{
	const struct backlog_entry *e;
	struct buf out = { 0 };

	*n = 0;
	for (e = b->first; e != NULL && *n < b->batch_max; e = e->next) {
		buf_byte(&out, (*n)++ == 0 ? '[' : ',');
		buf_add(&out, e->json, e->n);
	}
	buf_byte(&out, ']');
	return buf_to_arena(mem, &out).p;
}

static void
forget(struct backlog *b, int n, int rc)
{
	struct backlog_entry *e;

	b->settled(n, rc);
	for (; n > 0; n--, b->n--) {
		e = b->first;
		b->first = e->next;
		free(e);
	}
	if (b->first == NULL) {
		b->end = &b->first;
		co_gate_wake_all(&b->emptied);
	}
}

static bool
may_succeed_later(int rc)
{
	return rc == E_DOWN || rc == E_BUSY || rc == E_TIMEOUT || rc == E_CANCELED;
}

/* One batch; the timer comes again while there are more. */
static void
write_batch(void *arg)
{
	struct backlog *b = arg;
	int n, rc, wait_ms = 0;

	rc = b->write(gather(co_arena(), b, &n));
	b->writing = false;
	if (may_succeed_later(rc)) {
		wait_ms = RETRY_MS;
	} else {
		forget(b, n, rc);
		wait_ms = rc < 0 ? b->refused_ms : 0;
	}
	if (b->first != NULL || wait_ms > 0)
		loop_timer_start(&b->timer, wait_ms, 0);
}

static void
on_time(struct loop_timer *t)
{
	struct backlog *b = t->arg;

	if (b->writing || b->first == NULL)
		return;
	b->writing = true;
	co_spawn(write_batch, b, WRITE_LIMIT_MS);
}

bool
backlog_add(struct backlog *b, int max, const char *json, size_t n)
{
	struct backlog_entry *e;

	if (b->n >= max)
		return false;
	if ((e = malloc(sizeof(*e) + n)) == NULL)
		abort();
	e->next = NULL;
	e->n = n;
	memcpy(e->json, json, n);
	if (b->timer.on_time == NULL) {
		loop_timer_init(&b->timer, on_time, b);
		b->end = &b->first;
	}
	*b->end = e;
	b->end = &e->next;
	b->n++;
	if (!b->writing && !loop_timer_active(&b->timer))
		loop_timer_start(&b->timer, 0, 0);
	return true;
}

int
backlog_flush(struct backlog *b)
{
	int rc = 0;

	if (b->first != NULL && !b->writing)
		loop_timer_start(&b->timer, 0, 0);	/* whatever it was waiting for */
	while (b->first != NULL && rc == 0)
		rc = co_gate_wait(&b->emptied, -1);
	return rc;
}
