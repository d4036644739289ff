/* limit.c -- rate limits and blocks of a request. See limit.h. Yields: limit_take, for RATE_AUTH. */
#include "limit.h"

#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "limit_share.h"
#include "limit_show.h"
#include "link/redis.h"
#include "proc/bucket.h"
#include "run/co.h"
#include "worker/domain/identity/guard.h"

enum { BLOCKED = 3, HOUR_S = 3600 };	/* cell of M_RATE_LIMITED; life of ip_limit_auth:{ip} */
/* Salts beside those of salt_of; a factor that tells the endpoints of a client apart. */
enum { GUESS_SALT = 32, ALL_LOGINS_SALT = 64 };
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

int
limit_blocked(struct req *rq)
{
	if (!guard_blocked(rq->ip, &rq->rate.retry_s))
		return 0;
	metric_add(M_RATE_LIMITED, BLOCKED, 1);
	return E_BLOCKED;
}

static int64_t
tier_multiplier(const char *tier)
{
	if (tier == NULL || *tier == 'f')
		return 1;
	if (strcmp(tier, "premium") == 0)
		return conf.rate_tier_premium;
	if (strcmp(tier, "pro") == 0)
		return conf.rate_tier_pro;
	return strcmp(tier, "admin") == 0 ? conf.rate_tier_admin : 1;
}

static struct bucket_rate
rate_of(const struct req *rq)
{
	int64_t times = tier_multiplier(rq->tier);

	switch (rq->route->rate) {
	case RATE_AUTH:
		return (struct bucket_rate){ conf.rate_auth_max, conf.rate_auth_s * 1000 };
	case RATE_WRITE:
		return (struct bucket_rate){ conf.rate_write_max * times, conf.rate_write_s * 1000 };
	default:
		return (struct bucket_rate){ conf.rate_default_max * times, conf.rate_default_s * 1000 };
	}
}

/* RATE_AUTH routes have a counter each; the others share one by class. */
static unsigned
salt_of(const struct req *rq)
{
	bool by_route = rq->route->rate == RATE_AUTH;

	return (unsigned)rq->route->rate | (rq->user != NULL ? 16u : 0) | (by_route ? (unsigned)rq->endpoint->id << 8
	    : 0);
}

/* Refuse, and say when the client may ask again. */
static int
refuse_rate(struct req *rq, int64_t retry_ms)
{
	int64_t retry_s = retry_ms > 0 ? (retry_ms + 999) / 1000 : 1;

	if (rq->route->rate != RATE_NONE)
		metric_add(M_RATE_LIMITED, (size_t)rq->route->rate - RATE_DEFAULT, 1);
	rq->rate.retry_s = retry_s;
	rq->rate.left = 0;
	return E_RATE;
}

static void
note_level(struct req *rq, int64_t left, int64_t full_ms)
{
	rq->rate.left = left > 0 ? left : 0;
	rq->rate.full_s = (now_ms() + full_ms + 999) / 1000;
}

/* --- Logins: all hosts count together --- */

/* A used-up allowance, until its period ends: a bucket that is empty for so long, and then full at once. While it is,
 * nothing is asked of Redis. */
static const struct bucket_rate closed_rate = { 1, 1 };

static int
refuse_until(struct req *rq, uint64_t closed, int64_t ms)
{
	bucket_drain(closed, &closed_rate, ms);
	note_level(rq, 0, ms);
	return refuse_rate(rq, ms);
}

/* KEYS: requests to the route, to all login routes from the address; block. ARGV: s that the first two live; s of a
 * block without an end. */
static struct redis_script count_login = { .text =
	"local out = {}\n"
	"for i = 1, 2 do\n"
	"	out[2 * i - 1] = redis.call('INCR', KEYS[i])\n"
	"	if out[2 * i - 1] == 1 then redis.call('EXPIRE', KEYS[i], ARGV[i]) end\n"
	"	out[2 * i] = redis.call('PTTL', KEYS[i])\n"
	"end\n"
	"out[5] = redis.call('TTL', KEYS[3])\n"
	"if out[5] == -1 then out[5] = tonumber(ARGV[3]) end\n"
	"return out\n"
};
enum { OF_ROUTE, ROUTE_MS, OF_ADDRESS, ADDRESS_MS, BLOCK_S, COUNTS };

struct login_limit {
	const char	*who, *client;
	uint64_t	 closed[2];	/* buckets: the route to `who`; all login routes to the client */
};

static int
judge_counts(struct req *rq, const struct login_limit *l, const struct redis_reply *r)
{
	if (r[BLOCK_S].i > 0) {		/* blocked by another hand than ours */
		guard_learn(l->client, r[BLOCK_S].i);
		return limit_blocked(rq);
	}
	note_level(rq, conf.rate_auth_max - r[OF_ROUTE].i, r[ROUTE_MS].i);
	if (r[OF_ROUTE].i > conf.rate_auth_max)
		return refuse_until(rq, l->closed[0], r[ROUTE_MS].i);
	if (r[OF_ADDRESS].i > conf.rate_auth_ip_max)
		return refuse_until(rq, l->closed[1], r[ADDRESS_MS].i);
	return 0;
}

/* While Redis is away this host's bucket decides, whose level is given. */
static int
take_login(struct req *rq, const struct login_limit *l, const struct bucket_level *own)
{
	struct bucket_level level;
	struct redis_reply r;
	size_t i;
	int rc;

	for (i = 0; i < NELEM(l->closed); i++) {
		bucket_look(l->closed[i], &closed_rate, &level);
		if (!level.taken) {
			note_level(rq, 0, level.retry_ms);
			return refuse_rate(rq, level.retry_ms);
		}
	}
	rc = redis_eval(&r, &count_login, "3 rate_limit:%s:%s ip_limit_auth:%s ip_block:%s %lld %d %lld", l->who,
	    rq->route->path, l->client, l->client, (long long)conf.rate_auth_s, HOUR_S,
	    (long long)GUARD_FOREVER_S);
	if (rc == 0 && r.type == REDIS_ARRAY && r.n == COUNTS)
		return judge_counts(rq, l, r.v);
	if (rc == E_CANCELED)
		return rc;
	return own->taken ? 0 : refuse_rate(rq, own->retry_ms);
}

static uint64_t
guess_bucket(const struct req *rq, struct bucket_rate *rate)
{
	char text[GUARD_CLIENT_BYTES];

	*rate = (struct bucket_rate){ conf.rate_default_max, conf.rate_default_s * 1000 };
	guard_client(rq->ip, text);
	return bucket_key(text, strlen(text), GUESS_SALT);
}

int
limit_guesses(struct req *rq)
{
	struct bucket_level level;
	struct bucket_rate rate;

	if (!conf.rate_limit)
		return 0;
	bucket_look(guess_bucket(rq, &rate), &rate, &level);
	return level.taken ? 0 : refuse_rate(rq, level.retry_ms);
}

void
limit_guessed(struct req *rq)
{
	struct bucket_level level;
	struct bucket_rate rate;

	bucket_take(guess_bucket(rq, &rate), &rate, &level);
}

static void
show_request(const struct req *rq, const char *client, uint64_t client_key)
{
	const char *who = rq->user != NULL ? rq->user : client;
	uint64_t key = client_key + (uint64_t)rq->endpoint->id * SPREAD;

	if (rq->user != NULL)
		key ^= bucket_key(who, strlen(who), 0);
	limit_show_count(key, who, client, rq->route->path, rq->route->rate == RATE_AUTH);
}

int
limit_take(struct req *rq)
{
	char text[GUARD_CLIENT_BYTES];
	const char *client, *who;
	struct bucket_level level;
	struct bucket_rate rate;
	uint64_t bucket, client_key;

	if (rq->route->rate == RATE_NONE || !conf.rate_limit)
		return 0;
	client = guard_client(rq->ip, text);
	client_key = bucket_key(client, strlen(client), ALL_LOGINS_SALT);
	who = rq->api_key != NULL ? rq->api_key : rq->user != NULL ? rq->user : client;
	rate = rate_of(rq);
	bucket = bucket_key(who, strlen(who), salt_of(rq));
	bucket_take(bucket, &rate, &level);
	rq->rate.max = rate.tokens;
	note_level(rq, level.left, level.full_ms);
	show_request(rq, client, client_key);
	if (rq->route->rate == RATE_AUTH)
		return take_login(rq, &(struct login_limit){ who, client, { ~bucket, client_key } }, &level);
	if (!level.taken)
		return refuse_rate(rq, level.retry_ms);
	if (rq->api_key != NULL)
		limit_share_count(rq->api_key, rq->route->rate == RATE_WRITE ? "write" : "default", bucket, &rate);
	return 0;
}

void
limit_postpone(struct req *rq)
{
	int64_t free_s = (now_ms() + 999) / 1000 + rq->rate.retry_s;

	rq->rate.left = 0;
	if (rq->rate.full_s < free_s)
		rq->rate.full_s = free_s;
}

/* Runs for every answer, hence without printf. */
static const char *
number_text(char out[REQ_NUMBER_BYTES], int64_t n)
{
	char *p = out + REQ_NUMBER_BYTES - 1;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return p;
}

int
limit_headers(struct req *rq, struct reply_header *headers)
{
	const int64_t values[] = { rq->rate.max, rq->rate.left, rq->rate.full_s };
	static const char *const names[] = { "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset" };
	size_t i;

	if (rq->rate.max == 0)
		return 0;
	for (i = 0; i < NELEM(values); i++) {
		headers[i] = (struct reply_header){ names[i], number_text(rq->rate.text[i], values[i]) };
	}
	return (int)NELEM(values);
}
