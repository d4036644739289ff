/* quota_clock.c -- the days that services count quotas by: Pacific midnight over both changes of the clock. */
#include "worker/domain/external/quota_clock.h"

#include "base/str.h"
#include "tap.h"

static int64_t
at(const char *text)
{
	int64_t ms = 0;

	ok(time_parse(text, &ms), "%s is a time", text);
	return ms / 1000;
}

static void
test_day(const char *now, enum quota_zone zone, const char *day, const char *end)
{
	char out[QUOTA_DAY_BYTES];

	is_str(quota_day(out, at(now), zone), day, "the day of %s", now);
	is_int(quota_day_end(at(now), zone), at(end), "the day of %s ends at %s", now, end);
}

/* Every hour of four years: the end is a midnight of the next day, and 23, 24 or 25 hours after the last. */
static void
test_years(void)
{
	int64_t t = at("2026-01-01T08:00:00Z"), end, short_days = 0, long_days = 0, wrong = 0;
	char day[QUOTA_DAY_BYTES], next[QUOTA_DAY_BYTES], last[QUOTA_DAY_BYTES];
	int i;

	for (i = 0; i < 4 * 365; i++, t = end) {
		end = quota_day_end(t, QUOTA_PACIFIC);
		short_days += end - t == 23 * 3600;
		long_days += end - t == 25 * 3600;
		quota_day(day, t, QUOTA_PACIFIC);
		quota_day(last, end - 1, QUOTA_PACIFIC);
		quota_day(next, end, QUOTA_PACIFIC);
		wrong += strcmp(day, last) != 0 || strcmp(next, day) <= 0 || end - t < 23 * 3600 || end - t > 25 * 3600;
	}
	is_int(wrong, 0, "each day lasts until the next midnight");
	is_int(short_days, 4, "a day of 23 hours a year");
	is_int(long_days, 4, "a day of 25 hours a year");
}

int
main(void)
{
	test_day("2026-01-15T07:59:59Z", QUOTA_PACIFIC, "2026-01-14", "2026-01-15T08:00:00Z");
	test_day("2026-01-15T08:00:00Z", QUOTA_PACIFIC, "2026-01-15", "2026-01-16T08:00:00Z");
	test_day("2026-07-15T06:59:59Z", QUOTA_PACIFIC, "2026-07-14", "2026-07-15T07:00:00Z");
	test_day("2026-07-15T07:00:00Z", QUOTA_PACIFIC, "2026-07-15", "2026-07-16T07:00:00Z");
	/* 2026-03-08, 2:00: a day of 23 hours */
	test_day("2026-03-08T07:59:59Z", QUOTA_PACIFIC, "2026-03-07", "2026-03-08T08:00:00Z");
	test_day("2026-03-08T08:00:00Z", QUOTA_PACIFIC, "2026-03-08", "2026-03-09T07:00:00Z");
	test_day("2026-03-08T10:00:00Z", QUOTA_PACIFIC, "2026-03-08", "2026-03-09T07:00:00Z");
	test_day("2026-03-09T06:59:59Z", QUOTA_PACIFIC, "2026-03-08", "2026-03-09T07:00:00Z");
	/* 2026-11-01, 2:00: a day of 25 hours */
	test_day("2026-11-01T07:00:00Z", QUOTA_PACIFIC, "2026-11-01", "2026-11-02T08:00:00Z");
	test_day("2026-11-01T09:00:00Z", QUOTA_PACIFIC, "2026-11-01", "2026-11-02T08:00:00Z");
	test_day("2026-11-02T07:59:59Z", QUOTA_PACIFIC, "2026-11-01", "2026-11-02T08:00:00Z");
	/* November 2026 begins on a Sunday, March 2027 and November 2028 do not */
	test_day("2027-03-14T08:00:00Z", QUOTA_PACIFIC, "2027-03-14", "2027-03-15T07:00:00Z");
	test_day("2028-11-05T07:00:00Z", QUOTA_PACIFIC, "2028-11-05", "2028-11-06T08:00:00Z");
	test_day("2026-07-15T23:59:59Z", QUOTA_UTC, "2026-07-15", "2026-07-16T00:00:00Z");
	test_years();
	return done_testing();
}
