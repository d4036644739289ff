/* stop.c -- stops children: SIGTERM first, SIGKILL when their time is over. See stop.h.
 *
 * They stop in turns (procs[].stop_turn): those that accept work from outside first, the broker last. Those that serve
 * clients get seven tenths of the time, so that some is left for the others.
 */
#include "stop.h"

#include <signal.h>

#include "base/log.h"
#include "base/str.h"
#include "run/loop.h"

static struct {
	bool	under_way, patient;
	int64_t	since_ms;
} end;

void
stop_ask(struct child *c)
{
	if (c->kill_ms != 0)
		return;
	c->kill_ms = mono_ms() + conf.shutdown_timeout_ms;
	kill(c->pid, SIGTERM);
}

void
stop_retire(struct child *c)
{
	child_unseat(c);
	stop_ask(c);
}

void
stop_kill(struct child *c)
{
	c->killed = true;
	kill(c->pid, SIGKILL);
}

static int64_t
time_limit(const struct child *c)
{
	if (end.patient)
		return INT64_MAX;
	return end.since_ms + (c->row->stop_turn == 0 ? conf.shutdown_timeout_ms * 7 / 10 : conf.shutdown_timeout_ms);
}

/* Ask a child to stop, once; a later call may shorten its time. */
static void
tell_end(struct child *c)
{
	if (c->kill_ms == 0) {
		c->kill_ms = INT64_MAX;
		kill(c->pid, end.patient ? SIGQUIT : SIGTERM);
	}
	if (time_limit(c) < c->kill_ms)
		c->kill_ms = time_limit(c);
}

/* Ask every child again. */
static void
lose_patience(void)
{
	struct child *c;

	for (c = children_next(NULL); c != NULL; c = children_next(c))
		if (c->kill_ms != 0)
			kill(c->pid, SIGTERM);
	end.patient = false;
}

void
stop_all(bool patient)
{
	log_info("stopping", JB("patient", patient), JB("again", end.under_way));
	if (end.under_way && patient)
		return;
	if (!end.under_way || end.patient)
		end.since_ms = mono_ms();
	if (end.under_way)
		lose_patience();
	end.patient = patient;
	end.under_way = true;
}

bool
stop_under_way(void)
{
	return end.under_way;
}

void
stop_step(void)
{
	struct child *c;
	int turn = INT32_MAX;

	for (c = children_next(NULL); c != NULL; c = children_next(c))
		turn = c->row->stop_turn < turn ? c->row->stop_turn : turn;
	if (turn == INT32_MAX) {
		loop_stop();
		return;
	}
	for (c = children_next(NULL); c != NULL; c = children_next(c))
		if (c->row->stop_turn == turn)
			tell_end(c);
}
