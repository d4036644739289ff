/* schedule.h -- when something is done again: now (once), hourly, daily, or a cron expression in UTC (base/cronexpr.h).
 * Pure.
 *
 * Hourly and daily count from the first time, so that not everything happens at the full hour.
 */
#ifndef ANALYSIS_SCHEDULE_H
#define ANALYSIS_SCHEDULE_H

#include "base/cronexpr.h"

struct schedule {
	int64_t		 every_ms;	/* of hourly and daily; 0: none of them */
	bool		 at_once;	/* the first time is now */
	bool		 cron;
	struct cronexpr	 expr;
};

/* 0, or E_VALIDATION with the reason. */
int	 schedule_parse(struct schedule *out, const char *text, struct cronexpr_fault *why);
/* The first time after `now_ms`, for one that began at `first_ms`; 0: there is none. Missed ones are not counted out.
 */
int64_t	 schedule_next(const struct schedule *s, int64_t first_ms, int64_t now_ms);

#endif
