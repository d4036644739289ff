/* guard.c -- each process's table of blocked addresses, replicated from Redis. See guard.h.
 *
 * A reload reads the whole list and replaces the table; entries that messages added meanwhile stay. Yields: the reload
 * only.
 */
#include "guard.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/str.h"
#include "link/redis.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/core/replicated_set.h"

enum { BLOCKS_MAX = 4096, SLOTS = 2 * BLOCKS_MAX, RENEW_MS = 4000, RENEW_LIMIT_MS = 10000 };

struct block {
	char	 client[GUARD_CLIENT_BYTES];	/* "": free */
	int64_t	 until_ms, learnt_ms;		/* wall clock; monotonic */
};
static struct block table[SLOTS];
static int n_blocks;

const char *
guard_client(const char *ip, char out[GUARD_CLIENT_BYTES])
{
	size_t n = strlen(ip);
	struct in6_addr a;

	if (memchr(ip, ':', n) == NULL || inet_pton(AF_INET6, ip, &a) != 1) {
		n = n < GUARD_CLIENT_BYTES ? n : GUARD_CLIENT_BYTES - 1;
		memcpy(out, ip, n);
		out[n] = '\0';
		return out;
	}
	memset(a.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &a, out, INET6_ADDRSTRLEN);
	strcat(out, "/64");
	return out;
}

int64_t
guard_share(int64_t budget, int64_t least)
{
	int64_t peers = scoreboard_peers(), part = budget / peers + (budget % peers > 0);

	if (least > budget)
		least = budget;
	return part > least ? part : least;
}

static struct block *
find_slot(const char *client)
{
	size_t i = hash_keyed(client, strlen(client)) % SLOTS;

	while (*table[i].client != '\0' && strcmp(table[i].client, client) != 0)
		i = (i + 1) % SLOTS;
	return &table[i];
}

static void
put_block(const char *client, int64_t until_ms, int64_t learnt_ms)
{
	struct block *b = find_slot(client);

	if (*b->client == '\0') {
		if (n_blocks == BLOCKS_MAX || strlen(client) >= sizeof(b->client))
			return;
		n_blocks++;
		strcpy(b->client, client);
	}
	b->until_ms = until_ms;
	b->learnt_ms = learnt_ms;
}

bool
guard_blocked(const char *ip, int64_t *left_s)
{
	char text[GUARD_CLIENT_BYTES];
	const struct block *b;
	int64_t left_ms;

	if (n_blocks == 0 || !conf.rate_limit)
		return false;
	b = find_slot(guard_client(ip, text));
	left_ms = b->until_ms - now_ms();
	if (*b->client == '\0' || left_ms <= 0)
		return false;
	*left_s = (left_ms + 999) / 1000;
	return true;
}

void
guard_learn(const char *ip, int64_t seconds)
{
	char text[GUARD_CLIENT_BYTES];

	put_block(guard_client(ip, text), now_ms() + seconds * 1000, mono_ms());
}

void
guard_block_ip(const char *ip, int64_t seconds, const char *reason)
{
	char text[GUARD_CLIENT_BYTES];
	const char *client = guard_client(ip, text);

	guard_learn(ip, seconds);
	redis_send("SET ip_block:%s %s EX %lld", client, reason, (long long)seconds);
	redis_send("ZADD ip_blocks %lld %s", (long long)(now_ms() / 1000 + seconds), client);
	redis_send("PUBLISH ip_block %lld:%s", (long long)seconds, client);
	AUDIT("suspicious_activity", NULL, ip, JS("reason", reason), JI("blockedSeconds", seconds));
}

/* Reads which listed clients still have their key, and its remaining ttl. */
static int
read_blocks(const struct redis_reply *list, struct redis_reply *left)
{
	struct redis_batch *b = redis_batch();
	size_t i;

	for (i = 0; i < list->n; i++)
		redis_add(b, "PTTL ip_block:%s", list->v[i].s.p);
	return list->n > 0 ? redis_run(b, left) : 0;
}

static void
replace_table(const struct redis_reply *list, const struct redis_reply *left, int64_t began_ms)
{
	struct block *old = malloc(sizeof(table));
	char text[GUARD_CLIENT_BYTES];
	size_t i;

	if (old == NULL)
		abort();
	memcpy(old, table, sizeof(table));
	memset(table, 0, sizeof(table));
	n_blocks = 0;
	for (i = 0; i < list->n; i++)
		if (left[i].type == REDIS_INT && left[i].i > -2)
			put_block(guard_client(list->v[i].s.p, text), now_ms() + (left[i].i >= 0 ? left[i].i
			    : GUARD_FOREVER_S * 1000), began_ms);
	for (i = 0; i < SLOTS; i++)
		if (*old[i].client != '\0' && old[i].learnt_ms > began_ms)
			put_block(old[i].client, old[i].until_ms, old[i].learnt_ms);
	free(old);
}

static int
load_blocks(void)
{
	struct redis_reply list = { .type = REDIS_NIL }, *left;
	int64_t began_ms = mono_ms();
	int rc;

	if (!conf.rate_limit)
		return 0;
	rc = redis_cmd(&list, "ZRANGEBYSCORE ip_blocks %lld +inf LIMIT 0 %d", (long long)(now_ms() / 1000), BLOCKS_MAX);
	if (rc < 0 || list.type != REDIS_ARRAY)
		return rc;
	left = arena_zalloc(co_arena(), (list.n + 1) * sizeof(*left));
	if ((rc = read_blocks(&list, left)) < 0)
		return rc;
	replace_table(&list, left, began_ms);
	redis_send("ZREMRANGEBYSCORE ip_blocks -inf (%lld", (long long)(now_ms() / 1000));
	return 0;
}

/* A message: "seconds:client". */
static void
apply_block(const char *p, size_t n)
{
	char text[96], *colon;

	snprintf(text, sizeof(text), "%.*s", (int)n, p);
	if ((colon = strchr(text, ':')) != NULL && strlen(colon + 1) < GUARD_CLIENT_BYTES)
		guard_learn(colon + 1, strtoll(text, NULL, 10));
}
static struct replicated_set set = { .channel = "ip_block", .load = load_blocks, .apply = apply_block,
    .load_limit_ms = RENEW_LIMIT_MS };

void
guard_start(void)
{
	replicated_set_start(&set, RENEW_MS);
}
