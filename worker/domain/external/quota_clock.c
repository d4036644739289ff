/* quota_clock.c -- see quota_clock.h. */
#include "quota_clock.h"

#include <time.h>

enum { HOUR_S = 3600, DAY_S = 86400, SUNDAY_AFTER = 7, MARCH = 2, NOVEMBER = 10 };

/* Midnight UTC of the first Sunday of a month (from 0), on or after the 1st + `skip` days. */
static int64_t
first_sunday(int year, int month, int skip)
{
	struct tm tm = { .tm_year = year, .tm_mon = month, .tm_mday = 1 + skip };
	int64_t at = timegm(&tm);

	return at + (SUNDAY_AFTER - tm.tm_wday) % SUNDAY_AFTER * DAY_S;
}

/* Daylight saving lasts from the second Sunday of March, 2:00 PST, to the first Sunday of November, 2:00 PDT. */
static int64_t
pacific_offset(int64_t at_s)
{
	time_t at = (time_t)at_s;
	struct tm tm;

	gmtime_r(&at, &tm);
	return at_s >= first_sunday(tm.tm_year, MARCH, 7) + 10 * HOUR_S &&
	    at_s < first_sunday(tm.tm_year, NOVEMBER, 0) + 9 * HOUR_S ? -7 * HOUR_S : -8 * HOUR_S;
}

static int64_t
offset_of(int64_t at_s, enum quota_zone zone)
{
	return zone == QUOTA_PACIFIC ? pacific_offset(at_s) : 0;
}

char *
quota_day(char out[QUOTA_DAY_BYTES], int64_t now_s, enum quota_zone zone)
{
	time_t local = (time_t)(now_s + offset_of(now_s, zone));
	struct tm tm;

	gmtime_r(&local, &tm);
	strftime(out, QUOTA_DAY_BYTES, "%Y-%m-%d", &tm);
	return out;
}

/* The clock may change within the day: the end has the offset that holds then. */
int64_t
quota_day_end(int64_t now_s, enum quota_zone zone)
{
	int64_t offset = offset_of(now_s, zone), midnight = ((now_s + offset) / DAY_S + 1) * DAY_S;

	return midnight - offset_of(midnight - offset, zone);
}
