/* schedule.c -- schedules. See schedule.h. */
#include "schedule.h"

#include <string.h>

#include "base/err.h"
#include "base/str.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

static const struct { const char *name; int64_t every_ms; } names[] = {
	{ "now", 0 }, { "hourly", HOUR_MS }, { "daily", DAY_MS },
};

int
schedule_parse(struct schedule *out, const char *text, struct cronexpr_fault *why)
{
	size_t i;

	*out = (struct schedule){ .at_once = true };
	for (i = 0; i < NELEM(names); i++)
		if (strcmp(text, names[i].name) == 0) {
			out->every_ms = names[i].every_ms;
			return 0;
		}
	out->at_once = false;
	out->cron = true;
	return cronexpr_parse(&out->expr, text, why);
}

int64_t
schedule_next(const struct schedule *s, int64_t first_ms, int64_t now)
{
	if (s->cron)
		return cronexpr_next(&s->expr, now);
	if (s->every_ms == 0)
		return 0;
	return now < first_ms ? first_ms : first_ms + ((now - first_ms) / s->every_ms + 1) * s->every_ms;
}
