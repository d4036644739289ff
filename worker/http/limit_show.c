/* limit_show.c -- adds up requests for a second, then writes them to Redis. See limit_show.h. Does not yield.
 *
 * The table is bounded: what finds no row within a second is not shown, nor is what Redis does not take.
 */
#include "limit_show.h"

#include <string.h>

#include "base/str.h"
#include "link/redis.h"
#include "run/loop.h"
#include "worker/domain/identity/guard.h"

enum { SLOTS = 2048, ROWS_MAX = 1024, EVERY_MS = 1000, WHO_BYTES = 72, RATE_S = 60, CLIENT_S = 3600 };

struct row {
	const char	*path;
	bool		 by_redis;
	char		 who[WHO_BYTES], client[GUARD_CLIENT_BYTES];
};
/* What a request touches lies apart from what is only read once a second. */
static struct { uint64_t key; uint32_t n; } slots[SLOTS];		/* n 0: free */
static struct row rows[ROWS_MAX];
static uint16_t slot_of[ROWS_MAX];
static uint32_t n_rows;
static struct loop_timer timer;

/* KEYS: rate_limit, ip_limit. ARGV: count, s that each lives from its first request on; 0: not to be counted. */
static struct redis_script add_counts = { .text =
	"for i = 1, 2 do\n"
	"	if ARGV[i + 1] ~= '0' and redis.call('INCRBY', KEYS[i], ARGV[1]) == tonumber(ARGV[1]) then\n"
	"		redis.call('EXPIRE', KEYS[i], ARGV[i + 1])\n"
	"	end\n"
	"end\n"
};

static void
tell_counts(struct loop_timer *t)
{
	uint32_t i;

	(void)t;
	for (i = 0; i < n_rows; i++) {
		const struct row *r = &rows[i];

		redis_send_eval(&add_counts, "2 rate_limit:%s:%s ip_limit:%s %u %d %d", r->who, r->path, r->client,
		    slots[slot_of[i]].n, r->by_redis ? 0 : RATE_S, CLIENT_S);
	}
	memset(slots, 0, sizeof(slots));
	n_rows = 0;
}

static void
add_row(size_t slot, uint64_t key, const char *who, const char *client, const char *path, bool by_redis)
{
	struct row *r = &rows[n_rows];

	if (n_rows == ROWS_MAX || strlen(who) >= WHO_BYTES)
		return;
	if (n_rows == 0)
		loop_timer_start(&timer, EVERY_MS, 0);
	r->path = path;
	r->by_redis = by_redis;
	strcpy(r->who, who);
	strcpy(r->client, client);
	slots[slot].key = key;
	slots[slot].n = 1;
	slot_of[n_rows++] = (uint16_t)slot;
}

void
limit_show_count(uint64_t key, const char *who, const char *client, const char *path, bool by_redis)
{
	size_t i = key % SLOTS;

	while (slots[i].n > 0 && slots[i].key != key)
		i = (i + 1) % SLOTS;
	if (slots[i].n > 0)
		slots[i].n++;
	else
		add_row(i, key, who, client, path, by_redis);
}

void
limit_show_start(void)
{
	loop_timer_init(&timer, tell_counts, NULL);
}
