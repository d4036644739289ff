/* cron.c -- dure: cron. Runs each job of jobs[] at its interval, on one host at a time.
 *
 * The leader is the host whose session holds the advisory lock, until the session or the process ends. The others
 * check every second whether the lock is free. A round of a job is a coroutine of its own, with its own arena; it is
 * cancelled when the session is lost, because another host leads then.
 */
#include "base/err.h"
#include "base/log.h"
#include "host_beat.h"
#include "jobs.h"
#include "lines.h"
#include "link/pg.h"
#include "quarantine.h"
#include "run/co.h"
#include "run/loop.h"
#include "service_record.h"
#include "store_metrics.h"
#include "worker/child.h"
#include "worker/domain/core/ask.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/identity/block_watch.h"
#include "worker/domain/ops/cron_run.h"
#include "worker/domain/ops/job_admin.h"

enum { JOBS_MAX = 32, ROUND_LIMIT_MS = 60000, LOOK_MS = 1000, LOCK_CLASS = 0x63726f6e };	/* "cron" */

static struct schedule {
	const struct job	*job;
	struct loop_timer	 timer;
	struct co		*round;		/* in flight; NULL: none */
	bool			 forced;	/* an operator wants it to run, due or not */
	int64_t			 next_ms;	/* of the timer, monotonic */
	/* of its last run, wall clock (0: not known); how long it took (-1: not known), and how it ended */
	int64_t			 ran_ms, took_ms;
	int			 outcome;
} schedules[JOBS_MAX];
static struct co_group rounds, term;
static struct co_gate stop;		/* woken when the process is to end */
static struct loop_timer look;

static struct pg_stmt try_lock = PG_STMT("select", "locks", "SELECT pg_try_advisory_lock($1::int, 0)");
static struct pg_stmt is_free = PG_STMT("select", "locks", "SELECT pg_try_advisory_xact_lock($1::int, 0)");
static struct pg_stmt ping_session = PG_STMT("select", "", "SELECT");

/* Whether it is to run now: always, or when its interval over all hosts is over. Yields. */
static int
find_whether_due(struct schedule *s, bool *due)
{
	int64_t interval_s = job_interval_s(s->job), ran_ms;
	bool forced = s->forced;
	int rc;

	*due = true;
	s->forced = false;
	if (interval_s == 0)
		return 0;
	if ((rc = cron_run_due(s->job->name, interval_s, due, &ran_ms)) < 0)
		return rc;
	if (s->took_ms < 0)
		s->ran_ms = ran_ms;
	*due = *due || forced;
	return 0;
}

static int
run_job(struct schedule *s, int64_t *n)
{
	int64_t began_ms = now_ms(), since_ms = mono_ms();
	int rc = s->job->run(n);

	if (rc == 0 && job_interval_s(s->job) > 0)
		rc = cron_run_done(s->job->name);
	s->ran_ms = began_ms;
	s->took_ms = mono_ms() - since_ms;
	s->outcome = rc;
	return rc;
}

static void
run_round(void *arg)
{
	struct schedule *s = arg;
	int64_t n = 0;
	bool due;
	int rc;

	s->round = co_self();
	if ((rc = find_whether_due(s, &due)) == 0 && due)
		rc = run_job(s, &n);
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

	s->next_ms = mono_ms() + s->job->every_ms();
	if (s->round == NULL)
		co_group_spawn(&rounds, run_round, s, ROUND_LIMIT_MS);
}

/* --- Operators' questions (domain/ops/job_admin.h) --- */

static const char *
schedule_text(struct arena *mem, const struct job *j)
{
	static const struct { int64_t ms; const char *name; } units[] = { { 86400000, "d" }, { 3600000, "h" },
	    { 60000, "min" }, { 1000, "s" }, { 1, "ms" } };
	int64_t ms = job_interval_s(j) > 0 ? job_interval_s(j) * 1000 : j->every_ms();
	size_t i;

	for (i = 0; i < NELEM(units) - 1 && ms % units[i].ms != 0; i++)
		;
	return arena_printf(mem, "every %lld %s", (long long)(ms / units[i].ms), units[i].name);
}

static int64_t
next_run_ms(const struct schedule *s)
{
	if (job_interval_s(s->job) > 0)
		return s->ran_ms > 0 ? s->ran_ms + job_interval_s(s->job) * 1000 : 0;
	return s->next_ms > 0 ? now_ms() + s->next_ms - mono_ms() : 0;
}

static void
put_schedule(struct buf *out, struct arena *mem, const struct schedule *s)
{
	int64_t next_ms = next_run_ms(s);
	struct json_field f[] = {
		JS("name", s->job->name), JS("help", s->job->help), JS("schedule", schedule_text(mem, s->job)),
		s->ran_ms > 0 ? JT("lastRunAt", s->ran_ms) : JS("lastRunAt", NULL),
		s->took_ms >= 0 ? JI("durationMs", s->took_ms) : JS("durationMs", NULL),
		JS("outcome", s->took_ms < 0 ? NULL : s->outcome == 0 ? "ok" : err_row(s->outcome)->code),
		next_ms > 0 ? JT("nextRunAt", next_ms) : JS("nextRunAt", NULL),
	};

	json_put_obj(out, f, NELEM(f));
}

static void
put_jobs(struct buf *out, struct arena *mem)
{
	const struct schedule *s;

	buf_str(out, "{\"jobs\":[");
	for (s = schedules; s->job != NULL; s++) {
		buf_str(out, s != schedules ? "," : "");
		put_schedule(out, mem, s);
	}
	buf_str(out, "]}");
}

static const char *
run_now(const char *name)
{
	struct schedule *s;

	for (s = schedules; s->job != NULL && (name == NULL || strcmp(s->job->name, name) != 0); s++)
		;
	if (s->job == NULL)
		return "unknown";
	if (s->round != NULL)
		return "busy";
	s->forced = true;
	co_group_spawn(&rounds, run_round, s, ROUND_LIMIT_MS);
	return "started";
}

static void
answer(struct buf *out, struct arena *mem, const char *what, const struct json *q)
{
	if (strcmp(what, "run") == 0)
		buf_printf(out, "{\"run\":\"%s\"}", run_now(json_str(json_get(q, "job"))));
	else
		put_jobs(out, mem);
}

static struct ask_listener listener = { .family = JOB_FAMILY, .answer = answer };

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
	ask_listen(&listener);
	while (rc == 0 && !child_stopping())
		if ((rc = co_gate_wait(&stop, LOOK_MS)) == E_TIMEOUT)
			rc = pg_query(session, NULL, &ping_session);
	ask_ignore(&listener);
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
		s->took_ms = -1;
		loop_timer_init(&s->timer, on_schedule_timer, s);
	}
	loop_timer_init(&look, on_look_timer, NULL);
	loop_timer_start(&look, 0, LOOK_MS);
	quarantine_watch();
	lines_start();
	block_watch_start();
	host_beat_start();
	service_record_start();
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
	service_record_stop();
	audit_flush();
	lines_stop();
}

const struct child_role cron_role = { .name = "cron", .links = LINK_PG | LINK_REDIS, .start = cron_start,
    .drain = cron_drain };
