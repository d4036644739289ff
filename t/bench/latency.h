/* latency.h -- latencies of a load generator, in buckets of a 32nd of a power of two. For programs of one file. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>
#include <string.h>
#include <time.h>

enum { LATENCY_BUCKETS = 64 * 32 };

static struct {
	uint64_t	 buckets[LATENCY_BUCKETS], n, worst_ns;
} latency;

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Below zero, by clocks of two processors, is zero. */
static void
count_latency(int64_t ns)
{
	uint64_t u = ns > 0 ? (uint64_t)ns : 0;
	int top = 63 - __builtin_clzll(u | 32);

	latency.buckets[(top - 4) * 32 + (int)(u >> (top - 5) & 31)]++;
	latency.n++;
	latency.worst_ns = u > latency.worst_ns ? u : latency.worst_ns;
}

static double
quantile_us(double q)
{
	uint64_t sum = 0, want = (uint64_t)((double)latency.n * q);
	int i;

	for (i = 0; i < LATENCY_BUCKETS - 1 && (sum += latency.buckets[i]) <= want;)
		i++;
	return latency.n == 0 ? 0 : (double)((uint64_t)(32 + i % 32) << (i / 32)) / 2 / 1e3;
}

#endif
