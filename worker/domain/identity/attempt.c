/* attempt.c -- counts login attempts. See attempt.h. Yields: attempt_begin attempt_bad. */
#include "attempt.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "link/redis.h"
#include "run/co.h"
#include "worker/domain/core/audit.h"

enum { WAIT_MS = 50, WAITS_MAX = 100, FAILURES_S = 3600 };
enum { LOCKED = 2, BLOCKED = 3 };	/* cells of M_LOGINS */

#define KEYS_OF_EMAIL "3 lockout:%s login_attempts:%s login_attempts_from:%s"

/* ARGV: client, its limit, ttl, limit of all clients, whether the client is known. Returns { 0, ms locked, 0 }, { 1,
 * the client's count, count of all } or { 2 …: wait }. Deleting the count of an e-mail address deletes those of its
 * clients too. */
static const char take[] =
    "local locks, ms = redis.call('GET', KEYS[1]), 0 "
    "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
    "for word in string.gmatch(locks or '', '%S+') do "
    "  local who, till = string.match(word, '^(.*)=(%d+)$') "
    "  if not who then ms = math.max(ms, redis.call('PTTL', KEYS[1])) "
    "  elseif who == ARGV[1] or (who == '*' and ARGV[5] == '0') then ms = math.max(ms, till - now) end "
    "end "
    "if ms > 0 then return {0, ms, 0} end "
    "local n = redis.call('INCR', KEYS[2]) "
    "if n == 1 then redis.call('EXPIRE', KEYS[2], ARGV[3]) redis.call('DEL', KEYS[3]) end "
    "local own = redis.call('HINCRBY', KEYS[3], ARGV[1], 1) redis.call('EXPIRE', KEYS[3], ARGV[3]) "
    "if own > tonumber(ARGV[2]) or (ARGV[5] == '0' and n > tonumber(ARGV[4])) then "
    "  redis.call('DECR', KEYS[2]) redis.call('HINCRBY', KEYS[3], ARGV[1], -1) return {2, own, n} "
    "end "
    "return {1, own, n}";

enum { TAKE_LOCKED, TAKE_GO, TAKE_WAIT };

/* ARGV: client, count: subtracts it. */
static const char give[] =
    "local own = tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or 0) local n = math.min(own, tonumber(ARGV[2])) "
    "if n <= 0 then return 0 end "
    "if own > n then redis.call('HINCRBY', KEYS[3], ARGV[1], -n) else redis.call('HDEL', KEYS[3], ARGV[1]) end "
    "if redis.call('EXISTS', KEYS[2]) == 1 and redis.call('DECRBY', KEYS[2], n) <= 0 then redis.call('DEL', KEYS[2]) "
    "end "
    "return n";

/* ARGV: client or "*", ttl: locks it out and resets its count. */
static const char lock[] =
    "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) local words = {} "
    "for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do "
    "  local who, till = string.match(word, '^(.*)=(%d+)$') "
    "  if not who or (who ~= ARGV[1] and tonumber(till) > now) then words[#words + 1] = word end "
    "end "
    "words[#words + 1] = string.format('%s=%.0f', ARGV[1], now + ARGV[2] * 1000) "
    "redis.call('SET', KEYS[1], table.concat(words, ' '), 'EX', ARGV[2]) redis.call('HDEL', KEYS[3], ARGV[1]) "
    "redis.call('EXPIRE', KEYS[2], ARGV[2]) redis.call('EXPIRE', KEYS[3], ARGV[2]) return 1";

static int
try_begin(struct attempt *a, int *verdict)
{
	struct redis_reply r;
	int rc;

	rc = redis_cmd(&r, "EVAL %s " KEYS_OF_EMAIL " %s %lld %lld %lld %d", take, a->email, a->email, a->email,
	    a->client, (long long)conf.login_attempts_max, (long long)conf.login_attempts_ttl,
	    (long long)conf.login_attempts_email_max, a->known);
	if (rc < 0)
		return rc;
	if (r.type != REDIS_ARRAY || r.n != 3)
		return E_INTERNAL;
	*verdict = (int)r.v[0].i;
	a->number = r.v[1].i;
	a->total = r.v[2].i;
	return 0;
}

int
attempt_begin(struct attempt *a, const char *email, const char *ip, const char *known)
{
	int i, rc, verdict = TAKE_WAIT;

	*a = (struct attempt){ .email = email, .ip = ip, .known = known != NULL };
	a->client = known != NULL ? known : guard_client(ip, a->address);
	for (i = 0; verdict == TAKE_WAIT; i++) {
		if (i > 0 && ((rc = i > WAITS_MAX ? E_BUSY : co_sleep(WAIT_MS)) < 0))
			return rc;
		if ((rc = try_begin(a, &verdict)) < 0)
			return rc;
	}
	if (verdict == TAKE_GO)
		return 0;
	a->retry_s = (a->number + 999) / 1000;
	metric_add(M_LOGINS, LOCKED, 1);
	return E_LOCKED;
}

static void
undo_count(const struct attempt *a, int64_t n)
{
	redis_send("EVAL %s " KEYS_OF_EMAIL " %s %lld", give, a->email, a->email, a->email, a->client, (long long)n);
}

void
attempt_good(const struct attempt *a)
{
	undo_count(a, conf.login_attempts_max);
}

void
attempt_drop(const struct attempt *a)
{
	undo_count(a, 1);
}

static void
lock_out(const struct attempt *a, const char *client, int64_t attempts)
{
	redis_cmd(NULL, "EVAL %s " KEYS_OF_EMAIL " %s %lld", lock, a->email, a->email, a->email, client,
	    (long long)conf.lockout_ttl);
	AUDIT("account_locked", NULL, a->ip, JS("email", a->email), JI("attempts", attempts), JS("client", client));
}

/* Counts the failures of one client over all addresses. */
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
		lock_out(a, a->client, a->number);
	if (a->total >= conf.login_attempts_email_max)
		lock_out(a, "*", a->total);
	count_client(a);
}
