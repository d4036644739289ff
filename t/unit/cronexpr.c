/* cronexpr.c -- cron expressions against times worked out by hand, and every way to write a wrong one. */
#include "tap.h"

#include <time.h>

#include "base/cronexpr.h"
#include "base/err.h"
#include "base/str.h"

static int64_t
ms_of(const char *text)
{
	struct tm tm = { 0 };

	strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
	return (int64_t)timegm(&tm) * 1000;
}

static void
check_next(const char *expr, const char *after, const char *want)
{
	struct cronexpr_fault why;
	char got[TIME_TEXT_BYTES];
	struct cronexpr e;

	if (!ok(cronexpr_parse(&e, expr, &why) == 0, "%s is accepted: %s", expr, why.en))
		return;
	time_text(got, cronexpr_next(&e, ms_of(after)));
	got[10] = ' ';
	got[19] = '\0';
	is_str(got, want, "%s comes next after %s", expr, after);
}

static void
check_wrong(const char *expr, const char *hint)
{
	struct cronexpr_fault why;
	struct cronexpr e;

	is_int(cronexpr_parse(&e, expr, &why), E_VALIDATION, "'%s' is refused", expr);
	ok(strstr(why.en, hint) != NULL, "the refusal gives the reason: %s", why.en);
	ok(*why.ko != '\0' && utf8_valid(why.ko, strlen(why.ko)), "the refusal is in Korean too");
}

int
main(void)
{
	check_next("* * * * *", "2026-01-31 23:59:59", "2026-02-01 00:00:00");
	check_next("* * * * *", "2026-01-31 23:58:00", "2026-01-31 23:59:00");
	check_next("0 * * * *", "2026-01-31 10:00:00", "2026-01-31 11:00:00");
	check_next("*/15 9-17 * * 1-5", "2026-01-30 17:45:00", "2026-02-02 09:00:00");
	check_next("*/15 9-17 * * MON-FRI", "2026-02-02 09:14:59", "2026-02-02 09:15:00");
	check_next("5/20 0 * * *", "2026-01-01 00:05:00", "2026-01-01 00:25:00");
	check_next("30 4 1,15 * 5", "2026-01-02 04:30:00", "2026-01-09 04:30:00");	/* either day */
	check_next("30 4 1,15 * 5", "2026-01-09 04:30:00", "2026-01-15 04:30:00");
	check_next("0 0 29 2 *", "2026-03-01 00:00:00", "2028-02-29 00:00:00");
	check_next("0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00:00");
	check_next("0 12 * dec sun", "2026-11-21 12:00:00", "2026-12-06 12:00:00");
	check_next("0 12 * * 7", "2026-11-21 12:00:00", "2026-11-22 12:00:00");
	check_next("0 12 * * 0", "2026-11-21 12:00:00", "2026-11-22 12:00:00");
	check_next("0 12 * * 5-7", "2026-11-22 12:00:00", "2026-11-27 12:00:00");
	check_next("\t0  3 * * * ", "2026-11-21 02:00:00", "2026-11-21 03:00:00");
	check_next("0 0 */10 * *", "2026-02-21 00:00:00", "2026-03-01 00:00:00");

	check_wrong("", "5 fields");
	check_wrong("* * * *", "not 4");
	check_wrong("* * * * * *", "not 6");
	check_wrong("60 * * * *", "Field 1 (minute): '60'");
	check_wrong("* 24 * * *", "Field 2 (hour): '24'");
	check_wrong("* * 0 * *", "Field 3 (day of month): '0'");
	check_wrong("* * * 13 *", "Field 4 (month): '13'");
	check_wrong("* * * foo *", "Field 4 (month): 'foo'");
	check_wrong("* * * * 8", "Field 5 (day of week): '8'");
	check_wrong("5-1 * * * *", "'5-1'");
	check_wrong("1,,2 * * * *", "''");
	check_wrong("1, * * * *", "''");
	check_wrong("*/0 * * * *", "'*/0'");
	check_wrong("*/ * * * *", "'*/'");
	check_wrong("1-2-3 * * * *", "'1-2-3'");
	check_wrong("-1 * * * *", "'-1'");
	check_wrong("99999999999999999999 * * * *", "minute");
	check_wrong("0 0 30 2 *", "No date fits");
	check_wrong("0 0 31 4,6 *", "No date fits");
	check_wrong("매일", "5 fields");
	check_wrong("매일매일매일매일매일매일매일매일매일매일매일매일 * * * *", "Field 1");
	check_wrong("daily", "5 fields");
	return done_testing();
}
