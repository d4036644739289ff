/* cron.c -- dure: cron. Runs each job of jobs[] at its interval, on one host at a time.
 *
 * A round of a job is a coroutine of its own, so that its arena ends with it. Hosts agree by an advisory lock per job, held
 * in a transaction for the length of the round; who does not get it skips the round.
 */
#include "base/err.h"
#include "base/log.h"
#include "jobs.h"
#include "lines.h"
#include "link/pg.h"
#include "quarantine.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/child.h"
#include "worker/domain/audit.h"

enum { JOBS_MAX = 32, ROUND_LIMIT_MS = 60000, LOCK_CLASS = 0x63726f6e };	/* "cron" */

static struct schedule {
	const struct job	*job;
	struct loop_timer	 timer;
	bool			 running;
} schedules[JOBS_MAX];
static struct co_group rounds;

static struct pg_stmt try_lock = PG_STMT("select", "locks", "SELECT pg_try_advisory_xact_lock($1::int, hashtext($2))");

/* The round under the lock; nothing happens when another host has it. */
static int
run_locked(const struct job *job, int64_t *n)
{
	struct pg_rows rows;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = pg_query(pg, &rows, &try_lock, pg_int(LOCK_CLASS), pg_text(job->name));
	if (rc == 0 && pg_string(&rows, 0, 0)[0] == 't')
		rc = job->run(n);
	pg_rollback(&pg);
	return rc;
}

static void
run_round(void *arg)
{
	struct schedule *s = arg;
	int64_t n = 0;
	int rc = run_locked(s->job, &n);

	if (rc < 0 && rc != E_CANCELED)
		log_warn("timed work failed", JS("job", s->job->name), JS("error", err_row(rc)->code));
	else if (n > 0)
		log_info("timed work", JS("job", s->job->name), JI("changed", n));
	s->running = false;
}

static void
on_time(struct loop_timer *t)
{
	struct schedule *s = t->arg;

	if (s->running)
		return;
	s->running = true;
	co_group_spawn(&rounds, run_round, s, ROUND_LIMIT_MS);
}

static int
cron_start(const struct child_sockets *sockets, int index)
{
	struct schedule *s = schedules;
	const struct job *j;

	(void)sockets;
	(void)index;
	for (j = jobs; j->name != NULL; j++, s++) {
		s->job = j;
		loop_timer_init(&s->timer, on_time, s);
		loop_timer_start(&s->timer, 0, j->every_ms());
	}
	quarantine_watch();
	lines_start();
	return 0;
}

static void
cron_drain(void)
{
	struct schedule *s;

	for (s = schedules; s->job != NULL; s++)
		loop_timer_stop(&s->timer);
	co_group_wait(&rounds);
	audit_flush();
	lines_stop();
}

const struct child_role cron_role = { "cron", LINK_PG | LINK_REDIS, cron_start, cron_drain };
