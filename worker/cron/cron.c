/* cron.c -- dure: cron. Runs each job of jobs[] at its interval, on one host at a time.
 *
 * The leader is the host whose session holds the advisory lock, until the session or the process ends. The others
 * check every second whether the lock is free. A round of a job is a coroutine of its own, with its own arena; it is
 * cancelled when the session is lost, because another host leads then.
 */
#include "base/err.h"
#include "base/log.h"
#include "jobs.h"
#include "lines.h"
#include "link/pg.h"
#include "quarantine.h"
#include "run/co.h"
#include "run/loop.h"
#include "store_metrics.h"
#include "worker/child.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/identity/block_watch.h"

enum { JOBS_MAX = 32, ROUND_LIMIT_MS = 60000, LOOK_MS = 1000, LOCK_CLASS = 0x63726f6e };	/* "cron" */

static struct schedule {
	const struct job	*job;
	struct loop_timer	 timer;
	struct co		*round;		/* in flight; NULL: none */
} schedules[JOBS_MAX];
static struct co_group rounds, term;
static struct co_gate stop;		/* woken when the process is to end */
static struct loop_timer look;

static struct pg_stmt try_lock = PG_STMT("select", "locks", "SELECT pg_try_advisory_lock($1::int, 0)");
static struct pg_stmt is_free = PG_STMT("select", "locks", "SELECT pg_try_advisory_xact_lock($1::int, 0)");
static struct pg_stmt ping_session = PG_STMT("select", "", "SELECT");

static void
run_round(void *arg)
{
	struct schedule *s = arg;
	int64_t n = 0;
	int rc;

	s->round = co_self();
	rc = s->job->run(&n);
	if (rc < 0 && rc != E_CANCELED)
		log_warn("timed work failed", JS("job", s->job->name), JS("error", err_row(rc)->code));
	else if (n > 0)
		log_info("timed work", JS("job", s->job->name), JI("changed", n));
	s->round = NULL;
}

static void
on_schedule_timer(struct loop_timer *t)
{
	struct schedule *s = t->arg;

	if (s->round == NULL)
		co_group_spawn(&rounds, run_round, s, ROUND_LIMIT_MS);
}

static void
start_jobs(void)
{
	struct schedule *s;

	for (s = schedules; s->job != NULL; s++)
		loop_timer_start(&s->timer, 0, s->job->every_ms());
}

/* Waits until no round is in flight. Yields. */
static void
stop_jobs(bool cancel)
{
	struct schedule *s;

	for (s = schedules; s->job != NULL; s++) {
		loop_timer_stop(&s->timer);
		if (cancel && s->round != NULL)
			co_cancel(s->round);
	}
	co_group_wait(&rounds);
}

static bool
is_granted(struct pg *pg, struct pg_stmt *stmt)
{
	struct pg_rows r;

	return pg_query(pg, &r, stmt, pg_int(LOCK_CLASS)) == 0 && pg_integer(&r, 0, 0) == 1;
}

/* Runs the jobs until the session is lost or the process is to end. Yields. */
static void
lead_until_lost(struct pg *session)
{
	int rc = 0;

	log_info("leads the timed work");
	start_jobs();
	while (rc == 0 && !child_stopping())
		if ((rc = co_gate_wait(&stop, LOOK_MS)) == E_TIMEOUT)
			rc = pg_query(session, NULL, &ping_session);
	stop_jobs(rc < 0);
	if (rc < 0)
		log_warn("leads the timed work no more", JS("error", err_row(rc)->code));
}

/* Asks on the shared connections first, so that a session is opened only by the host that will keep it. */
static void
run_term(void *arg)
{
	struct pg *session;

	(void)arg;
	if (!is_granted(pg_shared(), &is_free) || pg_take(&session) < 0)
		return;
	if (is_granted(session, &try_lock))
		lead_until_lost(session);
	pg_release(&session);
}

static void
on_look_timer(struct loop_timer *t)
{
	(void)t;
	if (term.live == 0)
		co_group_spawn(&term, run_term, NULL, 0);
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
		loop_timer_init(&s->timer, on_schedule_timer, s);
	}
	loop_timer_init(&look, on_look_timer, NULL);
	loop_timer_start(&look, 0, LOOK_MS);
	quarantine_watch();
	lines_start();
	block_watch_start();
	store_metrics_start();
	return 0;
}

static void
cron_drain(void)
{
	loop_timer_stop(&look);
	co_gate_wake_all(&stop);
	co_group_wait(&term);
	store_metrics_stop();
	audit_flush();
	lines_stop();
}

const struct child_role cron_role = { .name = "cron", .links = LINK_PG | LINK_REDIS, .start = cron_start,
    .drain = cron_drain };
