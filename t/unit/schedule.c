/* schedule.c -- when jobs run next: intervals from the first run, months of every length, and what is no schedule. */
#include "worker/domain/analysis/schedule.h"

#include "base/err.h"
#include "base/str.h"
#include "tap.h"

static int64_t
at(const char *iso)
{
	int64_t ms;

	return time_parse(iso, &ms) ? ms : -1;
}

static const struct { const char *schedule, *first, *now, *next; } rows[] = {
	{ "hourly", "2026-01-31T09:08:07.006Z", "2026-01-31T10:08:07.006Z", "2026-01-31T11:08:07.006Z" },
	{ "daily", "2026-01-31T09:08:07Z", "2026-02-03T09:00:00Z", "2026-02-03T09:08:07Z" },
	{ "weekly", "2026-01-31T09:08:07Z", "2026-01-31T09:08:07Z", "2026-02-07T09:08:07Z" },
	{ "weekly", "2026-01-31T09:08:07Z", "2026-12-31T00:00:00Z", "2027-01-02T09:08:07Z" },
	{ "monthly", "2026-01-15T09:08:07.006Z", "2026-01-15T09:08:07.006Z", "2026-02-15T09:08:07.006Z" },
	{ "monthly", "2026-01-31T09:08:07Z", "2026-02-01T00:00:00Z", "2026-02-28T09:08:07Z" },
	{ "monthly", "2026-01-31T09:08:07Z", "2026-02-28T09:08:07Z", "2026-03-31T09:08:07Z" },
	{ "monthly", "2027-12-31T23:59:59Z", "2028-02-01T00:00:00Z", "2028-02-29T23:59:59Z" },
	{ "monthly", "2016-08-31T00:00:00Z", "2026-11-30T12:00:00Z", "2026-12-31T00:00:00Z" },
	{ "0 3 * * *", "2026-01-31T09:08:07Z", "2026-01-31T09:08:07Z", "2026-02-01T03:00:00Z" },
};

static const struct { const char *text; int64_t ms; } times[] = {
	{ "1970-01-02", 86400000 }, { "1970-01-01T00:00:01Z", 1000 }, { "1970-01-01 00:01", 60000 },
	{ "1970-01-01T09:00:00.25+09:00", 250 }, { "1969-12-31T23:30:00-0030", 0 }, { "1970-01-01T00:00:00.1239", 123 },
	{ "soon", -1 }, { "1970-01-01T", -1 }, { "1970-1-1", -1 }, { "1970-01-01T00:00:00Zx", -1 }, { "", -1 },
};

int
main(void)
{
	struct cronexpr_fault why;
	struct schedule s;
	size_t i;

	for (i = 0; i < NELEM(rows); i++) {
		is_int(schedule_parse(&s, rows[i].schedule, &why), 0, "%s is a schedule", rows[i].schedule);
		is_int(schedule_next(&s, at(rows[i].first), at(rows[i].now)), at(rows[i].next),
		    "%s from %s is due after %s", rows[i].schedule, rows[i].first, rows[i].now);
	}
	is_int(schedule_parse(&s, "now", &why), 0, "now is a schedule");
	is_int(schedule_next(&s, 1, 2), 0, "now never comes again");
	is_int(schedule_parse(&s, "yearly", &why), E_VALIDATION, "yearly is none");
	for (i = 0; i < NELEM(times); i++)
		is_int(at(times[i].text), times[i].ms, "the time '%s'", times[i].text);
	return done_testing();
}
