/* bench_count.c -- counts and durations of a measurement. See bench_count.h. */
#include "bench_count.h"

enum { STEPS = 16, STEP_BITS = 4 };

/* Below STEPS the value itself; above, the power of two and the next four bits. */
static int
bucket_of(int64_t us)
{
	int power, at;

	if (us < STEPS)
		return us > 0 ? (int)us : 0;
	power = 63 - __builtin_clzll((unsigned long long)us);
	at = (power - STEP_BITS + 1) * STEPS + (int)((us >> (power - STEP_BITS)) & (STEPS - 1));
	return at < BENCH_BUCKETS ? at : BENCH_BUCKETS - 1;
}

/* The largest value in a bucket. */
static int64_t
end_of(int bucket)
{
	int power = bucket / STEPS - 1;

	return bucket < STEPS ? bucket : ((int64_t)(STEPS + bucket % STEPS + 1) << power) - 1;
}

void
bench_took(struct bench_count *c, int64_t us)
{
	c->took[bucket_of(us)]++;
	c->timed++;
}

void
bench_add(struct bench_count *c, const struct bench_count *other)
{
	int i;

	c->n += other->n;
	c->failed += other->failed;
	c->timed += other->timed;
	for (i = 0; i < BENCH_BUCKETS; i++)
		c->took[i] += other->took[i];
}

double
bench_rate(const struct bench_count *c)
{
	return c->us > 0 ? (double)c->n * 1e6 / (double)c->us : 0;
}

double
bench_quantile_ms(const struct bench_count *c, double share)
{
	int64_t wanted = (int64_t)((double)c->timed * share), seen = 0;
	int i;

	if (c->timed == 0)
		return 0;
	if (wanted >= c->timed)
		wanted = c->timed - 1;
	for (i = 0; i < BENCH_BUCKETS - 1 && (seen += c->took[i]) <= wanted; i++)
		;
	return (double)end_of(i) / 1000;
}
