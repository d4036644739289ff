/* attempt.c -- counting attempts to log in. See attempt.h. Yields: attempt_begin attempt_bad. */
#include "attempt.h"

#include "audit.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "guard.h"
#include "link/redis.h"
#include "run/co.h"

enum { WAIT_MS = 50, WAITS_MAX = 100, FAILURES_S = 3600 };
enum { LOCKED = 2, BLOCKED = 3 };	/* cells of M_LOGINS */

/* lockout, attempts; most, life -> { 0, ms locked } | { 1, number } | { 2, number }: wait */
static const char take[] =
    "local ms = redis.call('PTTL', KEYS[1]) "
    "if ms > 0 then return {0, ms} end "
    "local n = redis.call('INCR', KEYS[2]) "
    "if n == 1 then redis.call('EXPIRE', KEYS[2], ARGV[2]) end "
    "if n > tonumber(ARGV[1]) then redis.call('DECR', KEYS[2]) return {2, n} end "
    "return {1, n}";

enum { TAKE_LOCKED, TAKE_GO, TAKE_WAIT };

static int
try_take(struct attempt *a, int *verdict)
{
	struct redis_reply r;
	int rc;

	rc = redis_cmd(&r, "EVAL %s 2 lockout:%s login_attempts:%s %lld %lld", take, a->email, a->email,
	    (long long)conf.login_attempts_max, (long long)conf.login_attempts_ttl);
	if (rc < 0)
		return rc;
	if (r.type != REDIS_ARRAY || r.n != 2)
		return E_INTERNAL;
	*verdict = (int)r.v[0].i;
	a->number = r.v[1].i;
	return 0;
}

int
attempt_begin(struct attempt *a, const char *email, const char *ip)
{
	int i, rc, verdict = TAKE_WAIT;

	*a = (struct attempt){ .email = email, .ip = ip };
	for (i = 0; verdict == TAKE_WAIT; i++) {
		if (i > 0 && ((rc = i > WAITS_MAX ? E_BUSY : co_sleep(WAIT_MS)) < 0))
			return rc;
		if ((rc = try_take(a, &verdict)) < 0)
			return rc;
	}
	if (verdict == TAKE_GO)
		return 0;
	a->retry_s = (a->number + 999) / 1000;
	metric_add(M_LOGINS, LOCKED, 1);
	return E_LOCKED;
}

void
attempt_good(const struct attempt *a)
{
	redis_send("DEL login_attempts:%s lockout:%s", a->email, a->email);
}

void
attempt_drop(const struct attempt *a)
{
	static const char drop[] = "if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end";

	redis_send("EVAL %s 1 login_attempts:%s", drop, a->email);
}

static void
lock_out(const struct attempt *a)
{
	redis_cmd(NULL, "SET lockout:%s 1 EX %lld", a->email, (long long)conf.lockout_ttl);
	redis_send("EXPIRE login_attempts:%s %lld", a->email, (long long)conf.lockout_ttl);
	AUDIT("account_locked", NULL, a->ip, JS("email", a->email), JI("attempts", a->number));
}

/* Many failures from one client, whatever the addresses. */
static void
count_client(const struct attempt *a)
{
	char client[GUARD_CLIENT_BYTES];
	struct redis_reply r[2] = { { .type = REDIS_NIL }, { .type = REDIS_NIL } };
	struct redis_batch *b = redis_batch();

	guard_client(a->ip, client);
	redis_add(b, "INCR login_failures:%s", client);
	redis_add(b, "EXPIRE login_failures:%s %d", client, FAILURES_S);
	if (redis_run(b, r) < 0 || r[0].i < conf.login_ip_failures_max || !conf.rate_limit)
		return;
	redis_send("DEL login_failures:%s", client);
	guard_block_ip(a->ip, conf.ip_block_ttl, "many failed logins");
	metric_add(M_LOGINS, BLOCKED, 1);
}

void
attempt_bad(const struct attempt *a)
{
	AUDIT("failed_login", NULL, a->ip, JS("email", a->email));
	if (a->number >= conf.login_attempts_max)
		lock_out(a);
	count_client(a);
}
