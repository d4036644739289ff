/* schedule.c -- schedules. See schedule.h. */
#include "schedule.h"

#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/str.h"

#define HOUR_MS	INT64_C(3600000)
#define DAY_MS	(24 * HOUR_MS)

static const struct { const char *name; int64_t every_ms; bool monthly; } names[] = {
	{ "now", 0, false }, { "hourly", HOUR_MS, false }, { "daily", DAY_MS, false }, { "weekly", 7 * DAY_MS, false },
	{ "monthly", 0, true },
};

int
schedule_parse(struct schedule *out, const char *text, struct cronexpr_fault *why)
{
	size_t i;

	*out = (struct schedule){ .at_once = true };
	for (i = 0; i < NELEM(names); i++)
		if (strcmp(text, names[i].name) == 0) {
			out->every_ms = names[i].every_ms;
			out->monthly = names[i].monthly;
			return 0;
		}
	out->at_once = false;
	out->cron = true;
	return cronexpr_parse(&out->expr, text, why);
}

static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month] + (month == 1 && leap);
}

/* `first_ms` moved on by `months`; a day that the month lacks is its last. */
static int64_t
add_months(int64_t first_ms, int months)
{
	time_t first_s = (time_t)(first_ms / 1000);
	int most;
	struct tm t;

	gmtime_r(&first_s, &t);
	t.tm_mon += months;
	t.tm_year += t.tm_mon / 12;
	t.tm_mon %= 12;
	if (t.tm_mday > (most = days_of_month(t.tm_year + 1900, t.tm_mon)))
		t.tm_mday = most;
	return (int64_t)timegm(&t) * 1000 + first_ms % 1000;
}

static int64_t
next_month(int64_t first_ms, int64_t now)
{
	int n = (int)((now - first_ms) / (31 * DAY_MS));	/* not past the next: no month is longer */
	int64_t next;

	for (n = n < 0 ? 0 : n; (next = add_months(first_ms, n)) <= now; n++)
		;
	return next;
}

int64_t
schedule_next(const struct schedule *s, int64_t first_ms, int64_t now)
{
	if (s->cron)
		return cronexpr_next(&s->expr, now);
	if (s->monthly)
		return now < first_ms ? first_ms : next_month(first_ms, now);
	if (s->every_ms == 0)
		return 0;
	return now < first_ms ? first_ms : first_ms + ((now - first_ms) / s->every_ms + 1) * s->every_ms;
}
