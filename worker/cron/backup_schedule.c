/* backup_schedule.c -- see backup_schedule.h. Yields: backup_ask_full backup_ask_tables. */
#include "backup_schedule.h"

#include "base/conf.h"
#include "base/cronexpr.h"
#include "base/err.h"
#include "base/str.h"
#include "proc/scoreboard.h"
#include "run/co.h"

enum { DAY_S = 86400, HOUR_S = 3600, NEVER_S = 3650 * DAY_S, TRIES = 20, PAUSE_MS = 500 };

/* The schedule is looked at backwards, a day, a month, four years. */
static int64_t
last_due_ms(const struct cronexpr *e, int64_t now)
{
	static const int64_t days[] = { 1, 31, 1461 };
	int64_t due, next;
	size_t i;

	for (i = 0; i < NELEM(days); i++)
		if ((due = cronexpr_next(e, now - days[i] * DAY_S * 1000)) <= now) {
			while ((next = cronexpr_next(e, due)) <= now)
				due = next;
			return due;
		}
	return 0;
}

int64_t
backup_schedule_full_s(void)
{
	struct cronexpr_fault why;
	int64_t now = now_ms(), s;
	struct cronexpr e;

	if (*conf.backup_schedule == '\0' || cronexpr_parse(&e, conf.backup_schedule, &why) < 0)
		return NEVER_S;
	s = (now - last_due_ms(&e, now)) / 1000;
	return s > 0 ? s : 1;
}

int64_t
backup_schedule_tables_s(void)
{
	return *conf.backup_schedule != '\0' && *conf.backup_tables != '\0' ? HOUR_S : NEVER_S;
}

/* Yields: one request at a time waits for the master. */
static int
ask(bool tables)
{
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0; i++) {
		if (scoreboard_request(REQUEST_BACKUP, PROC_MASTER, tables))
			return 0;
		rc = co_sleep(PAUSE_MS);
	}
	return rc < 0 ? rc : E_BUSY;
}

int
backup_ask_full(int64_t *n)
{
	*n = 1;
	return ask(false);
}

int
backup_ask_tables(int64_t *n)
{
	*n = 1;
	return ask(true);
}
