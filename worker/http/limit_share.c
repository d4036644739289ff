/* limit_share.c -- exchanges the counts of API keys with Redis. See limit_share.h. Yields: only its own coroutine.
 *
 * The table is bounded; a key that finds no slot within a second is counted by its host alone.
 */
#include "limit_share.h"

#include <string.h>

#include "base/conf.h"
#include "base/str.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"

enum { SLOTS = 2048, USED_MAX = 1024, EVERY_MS = 1000, LIMIT_MS = 5000, REPLIES = 3 };

struct count {
	char			 id[UUID_TEXT_BYTES];	/* "": free */
	const char		*class;
	uint64_t		 bucket;
	struct bucket_rate	 rate;
	int64_t			 n;
};
static struct count counts[SLOTS];
static int n_used;
static bool sharing;
static struct loop_timer timer;

void
limit_share_count(const char *api_key, const char *class, uint64_t bucket, const struct bucket_rate *rate)
{
	size_t i = bucket % SLOTS;

	if (strlen(api_key) >= UUID_TEXT_BYTES)
		return;
	while (*counts[i].id != '\0' && counts[i].bucket != bucket)
		i = (i + 1) % SLOTS;
	if (*counts[i].id == '\0') {
		if (n_used == USED_MAX)
			return;
		n_used++;
		counts[i] = (struct count){ .class = class, .bucket = bucket };
		strcpy(counts[i].id, api_key);
	}
	counts[i].rate = *rate;
	counts[i].n++;
}

/* What was counted so far, taken out of the table. */
static struct count *
take_counts(struct arena *mem, int *n)
{
	struct count *taken = arena_alloc(mem, (size_t)n_used * sizeof(*taken) + 1);
	size_t i;

	*n = 0;
	for (i = 0; i < SLOTS; i++)
		if (*counts[i].id != '\0')
			taken[(*n)++] = counts[i];
	memset(counts, 0, sizeof(counts));
	n_used = 0;
	return taken;
}

static void
share_counts(void *arg)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply *r;
	struct count *c;
	int i, n;

	(void)arg;
	c = take_counts(co_arena(), &n);
	for (i = 0; i < n; i++) {
		const char *key = arena_printf(co_arena(), "rate_limit:%s:%s", c[i].id, c[i].class);

		redis_add(b, "SET %s 0 PX %lld NX", key, (long long)c[i].rate.per_ms);
		redis_add(b, "INCRBY %s %lld", key, (long long)c[i].n);
		redis_add(b, "PTTL %s", key);
	}
	r = arena_zalloc(co_arena(), (size_t)n * REPLIES * sizeof(*r));
	if (redis_run(b, r) == 0)
		for (i = 0; i < n; i++)
			if (r[REPLIES * i + 1].i >= c[i].rate.tokens && r[REPLIES * i + 2].i > 0)
				bucket_drain(c[i].bucket, &c[i].rate, r[REPLIES * i + 2].i);
	sharing = false;
}

static void
on_share_time(struct loop_timer *t)
{
	(void)t;
	if (n_used == 0 || sharing)
		return;
	sharing = true;
	co_spawn(share_counts, NULL, LIMIT_MS);
}

void
limit_share_start(void)
{
	loop_timer_init(&timer, on_share_time, NULL);
	loop_timer_start(&timer, EVERY_MS, EVERY_MS);
}
