/* co_wait.c -- what coroutines wait for, built on co_park and co_wake: time, descriptors, gates, groups. See co.h. */
#include "co.h"

#include "base/err.h"
#include "run/loop.h"

struct co_gate_wait {
	struct co_gate_wait	*prev, *next;
	struct co		*co;
	bool			 woken;
};

int
co_sleep(int64_t ms)
{
	bool is_whole = ms < co_time_left();
	int rc = co_park(ms);

	return rc == E_TIMEOUT && is_whole && co_time_left() > 0 ? 0 : rc;
}

static void
on_fd_ready(struct loop_io *io, int events)
{
	(void)events;
	loop_io_watch(io, 0);
	co_wake(io->arg);
}

int
co_wait_fd(int fd, int events, int64_t timeout_ms)
{
	struct loop_io io;
	int rc;

	loop_io_init(&io, fd, on_fd_ready, co_self());
	loop_io_watch(&io, events);
	rc = co_park(timeout_ms);
	loop_io_watch(&io, 0);
	return rc;
}

static void
unlink_wait(struct co_gate *g, struct co_gate_wait *w)
{
	if (w->prev != NULL)
		w->prev->next = w->next;
	else
		g->first = w->next;
	if (w->next != NULL)
		w->next->prev = w->prev;
	else
		g->last = w->prev;
}

int
co_gate_wait(struct co_gate *g, int64_t timeout_ms)
{
	struct co_gate_wait w = { .prev = g->last, .next = NULL, .co = co_self(), .woken = false };
	int rc;

	if (g->last != NULL)
		g->last->next = &w;
	else
		g->first = &w;
	g->last = &w;
	rc = co_park(timeout_ms);
	if (!w.woken)
		unlink_wait(g, &w);
	return w.woken && rc == E_TIMEOUT ? 0 : rc;
}

bool
co_gate_wake_one(struct co_gate *g)
{
	struct co_gate_wait *w = g->first;

	if (w == NULL)
		return false;
	unlink_wait(g, w);
	w->woken = true;
	co_wake(w->co);
	return true;
}

void
co_gate_wake_all(struct co_gate *g)
{
	while (co_gate_wake_one(g))
		;
}

struct member {
	struct co_group	*group;
	void		(*fn)(void *);
	void		*arg;
};

static void
run_member(void *arg)
{
	struct member m = *(struct member *)arg;

	m.fn(m.arg);
	if (--m.group->live == 0)
		co_gate_wake_all(&m.group->done);
}

void
co_group_spawn(struct co_group *g, void (*fn)(void *), void *arg, int64_t deadline_ms)
{
	struct member m = { g, fn, arg };

	g->live++;
	co_spawn(run_member, &m, deadline_ms);
}

int
co_group_wait(struct co_group *g)
{
	int rc = 0;

	while (g->live > 0 && rc == 0)
		rc = co_gate_wait(&g->done, -1);
	return rc;
}
