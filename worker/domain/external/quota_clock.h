/* quota_clock.h -- the days that external services count their quotas by. Pure. */
#ifndef EXTERNAL_QUOTA_CLOCK_H
#define EXTERNAL_QUOTA_CLOCK_H

#include <stdint.h>

enum quota_zone { QUOTA_UTC, QUOTA_PACIFIC };	/* Pacific: with daylight saving, as in California */

#define QUOTA_DAY_BYTES 11
/* The day of `now_s` (seconds since 1970) in the zone, "2026-01-31", into `out`; returns `out`. */
char	*quota_day(char out[QUOTA_DAY_BYTES], int64_t now_s, enum quota_zone zone);
/* When that day ends, seconds since 1970. */
int64_t	 quota_day_end(int64_t now_s, enum quota_zone zone);

#endif
