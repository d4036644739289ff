/* group_commit.c -- see group_commit.h. Yields: the writers, group_commit_wait, group_commit_flush. */
#include "group_commit.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/trace.h"

void *
group_entry_new(size_t bytes, size_t block_bytes)
{
	struct arena mem;
	struct group_entry *e;

	arena_init(&mem, block_bytes);
	e = arena_zalloc(&mem, bytes);
	e->mem = mem;
	return e;
}

void
group_entry_free(struct group_entry *e)
{
	struct arena mem = e->mem;	/* the entry lies in it */

	arena_fini(&mem);
}

void
group_settle(struct group_commit *g, struct group_entry *e, int rc)
{
	e->rc = rc;
	e->settled = true;
	g->n--;
	if (e->waiter != NULL)
		co_wake(e->waiter);
	else
		group_entry_free(e);
}

static bool
may_succeed_later(int rc)
{
	return rc == E_DOWN || rc == E_BUSY || rc == E_TIMEOUT || rc == E_CANCELED;
}

static size_t
dequeue_batch(struct group_commit *g, struct group_entry **batch)
{
	size_t n;

	for (n = 0; n < g->batch_max && g->first != NULL; n++) {
		batch[n] = g->first;
		g->first = g->first->next;
	}
	if (g->first == NULL)
		g->end = &g->first;
	return n;
}

static void
put_back(struct group_commit *g, struct group_entry **batch, size_t n)
{
	if (g->first == NULL)
		g->end = &batch[n - 1]->next;
	batch[n - 1]->next = g->first;
	g->first = batch[0];
}

static void start_writers(struct group_commit *g);

/* Each batch has a coroutine of its own, hence its own arena and deadline. */
static void
write_batch(void *arg)
{
	struct group_commit *g = arg;
	struct group_entry **batch = arena_alloc(co_arena(), g->batch_max * sizeof(struct group_entry *));
	size_t n = dequeue_batch(g, batch), i;
	struct log_work work = { 0 };
	struct trace t;
	int64_t pause_ms = 0;
	int rc;

	for (i = 0; i < n && work.trace == NULL; i++)
		if (batch[i]->trace != NULL) {
			t = *batch[i]->trace;
			work.trace = &t;
			log_work(&work);
		}
	rc = n > 0 ? g->write(batch, n) : 0;
	if (g->retry_ms > 0 && may_succeed_later(rc)) {
		put_back(g, batch, n);
		pause_ms = g->retry_ms;
	} else if (rc != GROUP_SETTLED) {
		for (i = 0; i < n; i++)
			group_settle(g, batch[i], rc);
		if (g->settled != NULL)
			g->settled(n, rc);
		pause_ms = rc < 0 ? g->refused_ms : 0;
	}
	g->writers--;
	if (pause_ms > 0)
		loop_timer_start(&g->timer, pause_ms, 0);
	else
		start_writers(g);
	if (g->n == 0)
		co_gate_wake_all(&g->emptied);
}

static void
start_writers(struct group_commit *g)
{
	if (g->first == NULL || g->writers == g->writers_max)
		return;
	g->writers++;
	co_spawn(write_batch, g, g->limit_ms);
}

static void
on_pause_over(struct loop_timer *t)
{
	start_writers(t->arg);
}

static void
enqueue(struct group_commit *g, struct group_entry *e)
{
	if (g->end == NULL) {
		g->end = &g->first;
		loop_timer_init(&g->timer, on_pause_over, g);
	}
	e->next = NULL;
	*g->end = e;
	g->end = &e->next;
	g->n++;
	if (loop_timer_active(&g->timer))
		return;
	if (g->deferred)
		loop_timer_start(&g->timer, 0, 0);
	else
		start_writers(g);
}

int
group_commit_wait(struct group_commit *g, struct group_entry *e)
{
	int rc = 0;

	e->waiter = co_self();
	if (trace_now() != NULL)
		e->trace = (const struct trace *)(const void *)arena_copy(&e->mem, trace_now(), sizeof(*trace_now()));
	enqueue(g, e);
	while (!e->settled && rc == 0)
		rc = co_park(-1);
	if (e->settled)
		return 0;
	e->waiter = NULL;
	return rc;
}

bool
group_commit_add_record(struct group_commit *g, size_t max, const char *json, size_t n)
{
	struct group_record *r;

	if (g->n >= max)
		return false;
	r = group_entry_new(sizeof(*r), sizeof(*r) + n + 1);
	r->json = (struct str){ arena_copy(&r->entry.mem, json, n), n };
	enqueue(g, &r->entry);
	return true;
}

const char *
group_records_json(struct arena *mem, struct group_entry *const *batch, size_t n)
{
	struct buf out = { 0 };
	size_t i;

	buf_byte(&out, '[');
	for (i = 0; i < n; i++) {
		struct str json = ((const struct group_record *)batch[i])->json;

		if (i > 0)
			buf_byte(&out, ',');
		buf_add(&out, json.p, json.n);
	}
	buf_byte(&out, ']');
	return buf_to_arena(mem, &out).p;
}

int
group_commit_flush(struct group_commit *g)
{
	int rc = 0;

	if (g->n > 0 && loop_timer_active(&g->timer)) {
		loop_timer_stop(&g->timer);
		start_writers(g);
	}
	while (g->n > 0 && rc == 0)
		rc = co_gate_wait(&g->emptied, -1);
	return rc;
}
