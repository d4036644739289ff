/* bench_count.c -- durations are counted in buckets that are wrong by a sixteenth at most; rates are of the slice. */
#include "master/cmd/bench_count.h"

#include "tap.h"

static void
test_quantiles(void)
{
	struct bench_count c = { 0 }, other = { 0 };
	int64_t us;

	is_int((int64_t)bench_quantile_ms(&c, 0.5), 0, "nothing was timed");
	for (us = 1; us <= 100000; us++)
		bench_took(&c, us);
	ok(bench_quantile_ms(&c, 0.5) >= 50 && bench_quantile_ms(&c, 0.5) < 50 * 1.07, "half of them: %f",
	    bench_quantile_ms(&c, 0.5));
	ok(bench_quantile_ms(&c, 0.99) >= 99 && bench_quantile_ms(&c, 0.99) < 99 * 1.07, "99 of a hundred: %f",
	    bench_quantile_ms(&c, 0.99));
	ok(bench_quantile_ms(&c, 1) >= 100 && bench_quantile_ms(&c, 0) < 0.002, "the longest and the shortest");
	bench_took(&other, INT64_MAX);
	bench_took(&other, -5);
	bench_took(&other, 0);
	ok(bench_quantile_ms(&other, 1) > 1e6 && bench_quantile_ms(&other, 0) < 0.001,
	    "what no bucket has is in the last");
	bench_add(&c, &other);
	is_int(c.timed, 100003, "both together");
}

static void
test_rates(void)
{
	struct bench_count c = { .n = 500 };

	ok(bench_rate(&c) < 0.001, "no time, no rate");
	c.us = 250000;
	is_int((int64_t)bench_rate(&c), 2000, "of the slice");
}

int
main(void)
{
	test_quantiles();
	test_rates();
	return done_testing();
}
