/* bench_count.h -- what one slice of a measurement saw: how many, in which time, how long each took. Fits shared
 * memory. */
#ifndef CMD_BENCH_COUNT_H
#define CMD_BENCH_COUNT_H

#include <stdint.h>

/* Durations up to 2^30 us, in steps of a sixteenth of a power of two. */
enum { BENCH_BUCKETS = 31 * 16 };

struct bench_count {
	int64_t n, failed; /* done well; refused, broken, or not in time */
	int64_t us;        /* of the slice, until the last of them */
	int64_t timed;     /* how many are in `took` */
	uint32_t took[BENCH_BUCKETS];
};

/* One more that took so many microseconds; `n` is the caller's. */
void bench_took(struct bench_count *c, int64_t us);
/* Add what another saw at the same time (`us` stays) or before. */
void bench_add(struct bench_count *c, const struct bench_count *other);
/* How many a second; 0 for an empty slice. */
double bench_rate(const struct bench_count *c);
/* The duration, in ms, that this share of them (0 to 1) does not exceed; 0 when none was timed. */
double bench_quantile_ms(const struct bench_count *c, double share);

#endif
