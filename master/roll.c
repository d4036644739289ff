/* roll.c -- one child after another is replaced by a successor. See roll.h. */
#include "roll.h"

#include <signal.h>

#include "base/log.h"
#include "base/str.h"
#include "spawn.h"
#include "stop.h"

enum { HEIR_TIMES = 4 };

static bool lost;

void
roll_seat(struct seat *s)
{
	s->due = true;
}

void
roll_all(uint32_t generation)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++)
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s))
			s->due = !p->keep && s->now != NULL && s->now->generation != generation;
}

void
roll_forget(void)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++) {
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s)) {
			s->due = false;
			if (s->next != NULL)
				stop_retire(s->next);
		}
	}
	lost = false;
}

void
roll_lost(struct seat *s)
{
	s->due = false;
	lost = true;
}

/* The seat that is being replaced, else the next one to be. */
static struct seat *
find_due(void)
{
	const struct proc_row *p;
	struct seat *s, *best = NULL;

	for (p = procs; p->role != NULL; p++) {
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s)) {
			if (s->next != NULL)
				return s;
			if (s->due && (best == NULL || p->reload_turn < best->row->reload_turn))
				best = s;
		}
	}
	return best;
}

static void
promote_successor(struct seat *s)
{
	struct child *old = s->now;

	s->now = s->next;
	s->next = NULL;
	s->due = false;
	s->backoff_ms = 0;
	if (old != NULL)
		stop_retire(old);
}

/* A late heir may be in the middle of a hand-over that must not be lost; its heartbeat shows whether it hangs. */
static int64_t
ready_limit_ms(const struct seat *s)
{
	return (s->row->heir ? HEIR_TIMES : 1) * conf.shutdown_timeout_ms;
}

/* Advance this seat by one step; false: it has to wait. */
static bool
advance_seat(struct seat *s, uint32_t generation)
{
	if (s->next == NULL && (s->now == NULL || s->index > seats_wanted(s->row->kind))) {
		s->due = false;		/* no process to replace: the next one started is new anyway */
		return true;
	}
	if (s->next == NULL) {
		if ((s->next = spawn_child(s, generation)) == NULL) {
			roll_lost(s);
			return true;
		}
		s->next->seat = s;
		return false;
	}
	if (child_state(s->next) == SLOT_READY) {
		promote_successor(s);
		return true;
	}
	if (!s->next->killed && mono_ms() - s->next->started_ms > ready_limit_ms(s)) {
		log_error("successor does not become ready", JS("process", scoreboard_slot(s->next->slot)->title));
		stop_kill(s->next);
	}
	return false;
}

enum roll_result
roll_step(uint32_t generation)
{
	struct seat *s;

	while ((s = find_due()) != NULL && !lost)
		if (!advance_seat(s, generation))
			return ROLL_BUSY;
	if (!lost)
		return ROLL_IDLE;
	lost = false;
	return ROLL_FAILED;
}

bool
roll_under_way(void)
{
	return find_due() != NULL;
}

void
roll_retire_surplus(void)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++) {
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s)) {
			if (s->index <= seats_wanted(p->kind))
				continue;
			if (s->now != NULL)
				stop_retire(s->now);
			if (s->next != NULL)
				stop_retire(s->next);
		}
	}
}
