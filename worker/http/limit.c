/* limit.c -- rate limits and blocks of a request. See limit.h. Yields: limit_take, for RATE_AUTH. */
#include "limit.h"

#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "limit_share.h"
#include "link/redis.h"
#include "proc/bucket.h"
#include "run/co.h"
#include "worker/domain/identity/guard.h"

enum { BLOCKED = 3, HOUR_S = 3600, GUESS_SALT = 32 };	/* cell of M_RATE_LIMITED; life of ip_limit:{ip} */

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

static int
refuse_rate(struct req *rq, int64_t retry_s)
{
	if (rq->route->rate != RATE_NONE)
		metric_add(M_RATE_LIMITED, (size_t)rq->route->rate - RATE_DEFAULT, 1);
	rq->rate.retry_s = retry_s > 0 ? retry_s : 1;
	rq->rate.left = 0;
	return E_RATE;
}

/* Judge the counts of all hosts: the replies of SET, INCR and TTL, twice, and the block's TTL. */
static int
judge_counts(struct req *rq, const char *client, const struct redis_reply *r)
{
	if (r[6].type == REDIS_INT && r[6].i > 0) {		/* blocked by another hand than ours */
		guard_learn(client, r[6].i);
		return limit_blocked(rq);
	}
	if (r[1].i > conf.rate_auth_max)
		return refuse_rate(rq, r[2].i);
	if (r[4].i > conf.rate_auth_ip_max)
		return refuse_rate(rq, r[5].i);
	if (conf.rate_auth_max - r[1].i < rq->rate.left)
		rq->rate.left = conf.rate_auth_max - r[1].i;
	return 0;
}

static int
count_everywhere(struct req *rq, const char *who, const char *client)
{
	const char *key = arena_printf(rq->mem, "rate_limit:%s:%s", who, rq->route->path);
	struct redis_batch *b = redis_batch();
	struct redis_reply r[7];
	int rc;

	redis_add(b, "SET %s 0 EX %lld NX", key, (long long)conf.rate_auth_s);
	redis_add(b, "INCR %s", key);
	redis_add(b, "TTL %s", key);
	redis_add(b, "SET ip_limit:%s 0 EX %d NX", client, HOUR_S);
	redis_add(b, "INCR ip_limit:%s", client);
	redis_add(b, "TTL ip_limit:%s", client);
	redis_add(b, "TTL ip_block:%s", client);
	if ((rc = redis_run(b, r)) == 0)
		return judge_counts(rq, client, r);
	return rc == E_CANCELED ? rc : 0;
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
	return level.taken ? 0 : refuse_rate(rq, (level.retry_ms + 999) / 1000);
}

void
limit_guessed(struct req *rq)
{
	struct bucket_level level;
	struct bucket_rate rate;

	bucket_take(guess_bucket(rq, &rate), &rate, &level);
}

int
limit_take(struct req *rq)
{
	char text[GUARD_CLIENT_BYTES];
	const char *client, *who;
	struct bucket_level level;
	struct bucket_rate rate;
	uint64_t bucket;

	if (rq->route->rate == RATE_NONE || !conf.rate_limit)
		return 0;
	client = guard_client(rq->ip, text);
	who = rq->api_key != NULL ? rq->api_key : rq->user != NULL ? rq->user : client;
	rate = rate_of(rq);
	bucket = bucket_key(who, strlen(who), salt_of(rq));
	bucket_take(bucket, &rate, &level);
	rq->rate.max = rate.tokens;
	rq->rate.left = level.left;
	rq->rate.full_s = (now_ms() + level.full_ms + 999) / 1000;
	if (!level.taken)
		return refuse_rate(rq, (level.retry_ms + 999) / 1000);
	if (rq->route->rate == RATE_AUTH)
		return count_everywhere(rq, who, client);
	if (rq->api_key != NULL)
		limit_share_count(rq->api_key, rq->route->rate == RATE_WRITE ? "write" : "default", bucket, &rate);
	return 0;
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
