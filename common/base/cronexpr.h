/* cronexpr.h -- cron expressions of five fields, in UTC: minute, hour, day of month, month, day of week.
 *
 * A field is a list of `*`, n, a-b, each with /step; months and weekdays also by their first three letters; 7 is Sunday
 * too. Where both days are restricted a time is due when either fits, as in crontab(5). UTC has no hours that are
 * skipped or come twice. Pure.
 */
#ifndef BASE_CRONEXPR_H
#define BASE_CRONEXPR_H

#include <stdbool.h>
#include <stdint.h>

struct cronexpr {
	uint64_t	 minute;			/* a bit a value */
	uint32_t	 hour, day, month, weekday;
	bool		 every_day, every_weekday;	/* the field began with a star */
};
/* The reason why an expression was refused, in Korean and English. */
struct cronexpr_fault {
	char	 ko[160], en[160];
};

/* 0, or E_VALIDATION with the reason, also for a time that never comes (30 February). */
int	 cronexpr_parse(struct cronexpr *out, const char *text, struct cronexpr_fault *why);
/* The first time after `after_ms` (ms since 1970) that fits. */
int64_t	 cronexpr_next(const struct cronexpr *e, int64_t after_ms);

#endif
