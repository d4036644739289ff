/* job_admin.h -- the periodic jobs, asked of the cron process that leads them (worker/cron/cron.c).
 *
 * Questions of the family "cron" (core/ask.h), and their answers:
 *   "jobs"		{"jobs":[{"name","help","schedule","lastRunAt","durationMs","outcome","nextRunAt"}]}
 *   "run", "job":"…"	{"run":"started"}, "busy" or "unknown"
 * Times are null, and so are duration and outcome, of a job that this leader has not run yet.
 */
#ifndef OPS_JOB_ADMIN_H
#define OPS_JOB_ADMIN_H

#include "base/arena.h"
#include "base/str.h"

#define JOB_FAMILY	"cron"

/* The array of "jobs" in `mem`. Yields. E_DOWN: nobody leads them at the moment; errors as ask_all. */
int	 job_list(struct arena *mem, struct str *list);
/* Runs one now; it may not have ended when this returns. Likewise; E_NOT_FOUND, E_CONFLICT (it is running). */
int	 job_run(struct arena *mem, const char *name);

#endif
