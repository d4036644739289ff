/* schedule.h -- schedules of jobs: now (once), hourly, daily, weekly, monthly, or a cron expression in UTC
 * (base/cronexpr.h). Pure.
 *
 * Hourly to monthly count from the first run, which spreads jobs over the hour; a month without its day has the run on
 * its last one.
 */
#ifndef ANALYSIS_SCHEDULE_H
#define ANALYSIS_SCHEDULE_H

#include "base/cronexpr.h"

struct schedule {
	int64_t		 every_ms;	/* of hourly, daily and weekly; 0: none of them */
	bool		 monthly;
	bool		 at_once;	/* the first run is now */
	bool		 cron;
	struct cronexpr	 expr;
};

/* 0, or E_VALIDATION with *why. */
int	 schedule_parse(struct schedule *out, const char *text, struct cronexpr_fault *why);
/* The next run after `now_ms` of a schedule that began at `first_ms`; 0: none. Missed runs are skipped. */
int64_t	 schedule_next(const struct schedule *s, int64_t first_ms, int64_t now_ms);

#endif
