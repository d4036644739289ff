/* restart.c -- a child that dies is replaced at once; after one that died before READY or soon after it, with growing
 * delay. See restart.h. */
#include "restart.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "backup_run.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "roll.h"
#include "seats.h"
#include "spawn.h"
#include "upgrade.h"

enum { YOUNG_MS = 5000, FAILED_MS = 1000, BACKOFF_MS = 100 };

static void
log_end(const struct child *c, int status)
{
	const char *title = scoreboard_slot(c->slot)->title;

	if (WIFSIGNALED(status))
		log_error("process died", JS("process", title), JI("child", c->pid),
		    JS("signal", strsignal(WTERMSIG(status))), JB("core", WCOREDUMP(status) != 0));
	else if (WEXITSTATUS(status) != 0)
		log_error("process failed", JS("process", title), JI("child", c->pid),
		    JI("status", WEXITSTATUS(status)));
	else
		log_info("process ended", JS("process", title), JI("child", c->pid));
}

/* Counted from READY, not from the fork. */
static bool
died_young(const struct child *c)
{
	int64_t ready_ms = __atomic_load_n(&scoreboard_slot(c->slot)->ready_ms, __ATOMIC_RELAXED);

	return ready_ms == 0 || mono_ms() - ready_ms < YOUNG_MS;
}

/* Set the earliest time of the next start. */
static void
set_backoff(struct seat *s, const struct child *c, bool asked)
{
	bool young = died_young(c);

	if (!young) {
		s->backoff_ms = 0;
		s->young = 0;
	} else if (!asked) {
		s->backoff_ms = s->backoff_ms == 0 ? BACKOFF_MS : 2 * s->backoff_ms;
		s->young++;
	}
	if (s->backoff_ms > conf.restart_backoff_max_ms)
		s->backoff_ms = conf.restart_backoff_max_ms;
	s->retry_ms = mono_ms() + s->backoff_ms;
}

/* Quarantine a seat whose children died too often; an alert is raised (worker/cron/quarantine.c). */
static void
quarantine_seat(struct seat *s, int slot)
{
	if (conf.restart_quarantine == 0 || s->young < conf.restart_quarantine || s->now != NULL || s->next != NULL)
		return;
	s->retry_ms = mono_ms() + conf.restart_quarantine_ms;
	scoreboard_slot(slot)->quarantined_ms = now_ms();
	scoreboard_slot(slot)->restarts = s->restarts;
	log_error("process is quarantined: it dies whenever it is started", JS("process", scoreboard_slot(slot)->title),
	    JI("times", s->young), JI("again", conf.restart_quarantine_ms));
}

void
restart_forgive(void)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++) {
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s)) {
			s->young = 0;
			s->backoff_ms = s->retry_ms = 0;
		}
	}
}

static void
reap_child(struct child *c, int status)
{
	int state = child_state(c);
	struct seat *s = c->seat;

	log_end(c, status);
	scoreboard_reap(c->slot);
	if (s != NULL) {
		bool successor = s->next == c, asked = WIFEXITED(status) &&
		    (c->kill_ms != 0 || state == SLOT_HANDED_OVER);

		set_backoff(s, c, asked);
		child_unseat(c);
		if (successor)
			roll_lost(s);
		s->given = state == SLOT_HANDED_OVER && s->next == NULL;
		if (s->given)
			upgrade_goes_well();
		if (!asked) {
			s->restarts++;
			metric_add(M_RESTARTS, (size_t)s->row->kind - 1, 1);
			quarantine_seat(s, c->slot);
		}
	}
	c->pid = 0;
}

void
restart_reap(void)
{
	struct child *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if ((c = children_find(pid)) != NULL)
			reap_child(c, status);
		else if (!backup_run_reaped(pid, status))
			(void)upgrade_reaped(pid, status);
}

/* Whether the seat is empty and this master is to fill it now. */
static bool
is_seat_empty(const struct seat *s)
{
	return s->now == NULL && s->next == NULL && !(s->given && upgrade_under_way()) &&
	    !(s->row->heir && upgrade_waits());
}

static void
fill_seat(struct seat *s, uint32_t generation)
{
	if ((s->now = spawn_child(s, generation)) != NULL)
		s->now->seat = s;
	else
		s->retry_ms = mono_ms() + FAILED_MS;
}

void
restart_fill(uint32_t generation)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++)
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s))
			if (is_seat_empty(s) && s->index <= seats_wanted(p->kind) && mono_ms() >= s->retry_ms)
				fill_seat(s, generation);
}

int64_t
restart_wait_ms(int64_t most)
{
	const struct proc_row *p;
	struct seat *s;
	int64_t now = mono_ms();

	for (p = procs; p->role != NULL; p++)
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s))
			if (is_seat_empty(s) && s->retry_ms - now < most)
				most = s->retry_ms > now ? s->retry_ms - now : 0;
	return most;
}
