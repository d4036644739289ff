/* block_watch.c -- see block_watch.h. Yields: only its own coroutine, which looks for all blocks at the beginning. */
#include "block_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "link/redis.h"
#include "link/redis_watch.h"
#include "run/co.h"

#define PREFIX "ip_block:"
enum { STEP = 1000, CURSOR_BYTES = 24 };

/* KEYS: block, list. ARGV: client, s for a block without an end. */
static struct redis_script settle_block = { .text =
	"local ms = redis.call('PTTL', KEYS[1])\n"
	"local s = ms == -1 and tonumber(ARGV[2]) or math.ceil(ms / 1000)\n"
	"if s > 0 then\n"
	"	redis.call('ZADD', KEYS[2], redis.call('TIME')[1] + s, ARGV[1])\n"
	"	redis.call('PUBLISH', 'ip_block', string.format('%.0f:%s', s, ARGV[1]))\n"
	"elseif redis.call('ZREM', KEYS[2], ARGV[1]) == 1 then\n"
	"	redis.call('PUBLISH', 'ip_block', '0:' .. ARGV[1])\n"
	"end\n"
};

static bool looking, again;

static void
settle_client(const char *key)
{
	redis_send_eval(&settle_block, "2 %s ip_blocks %s %lld", key, key + sizeof(PREFIX) - 1,
	    (long long)GUARD_FOREVER_S);
}

/* One step of a SCAN; errors as redis_cmd. */
static int
look_once(char cursor[CURSOR_BYTES])
{
	struct redis_reply r;
	int rc = redis_cmd(&r, "SCAN %s MATCH " PREFIX "* COUNT %d", cursor, STEP);
	size_t i;

	if (rc < 0)
		return rc;
	snprintf(cursor, CURSOR_BYTES, "%s", r.type == REDIS_ARRAY && r.n == 2 ? r.v[0].s.p : "0");
	for (i = 0; r.n == 2 && i < r.v[1].n; i++)
		settle_client(r.v[1].v[i].s.p);
	return 0;
}

static void
look_for_blocks(void *arg)
{
	struct arena_mark mark = arena_mark(co_arena());
	char cursor[CURSOR_BYTES];
	int rc;

	(void)arg;
	do {
		again = false;
		strcpy(cursor, "0");
		do {
			rc = look_once(cursor);
			arena_release(co_arena(), mark);
		} while (rc == 0 && strcmp(cursor, "0") != 0);
	} while (again);
	looking = false;
}

static void
on_key(const char *key, size_t n)
{
	if (key != NULL) {
		if (n < sizeof(PREFIX) - 1 + GUARD_CLIENT_BYTES)
			settle_client(key);
		return;
	}
	again = true;
	if (looking)
		return;
	looking = true;
	co_spawn(look_for_blocks, NULL, 0);
}

void
block_watch_start(void)
{
	redis_watch(PREFIX, on_key);
}
