/* session.c -- sessions in Redis. See session.h. Yields: all. */
#include "session.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "bearer.h"
#include "link/redis.h"
#include "refresh.h"
#include "revoked.h"
#include "worker/domain/core/audit.h"

enum { AGENT_MAX = 200, SESSIONS_MAX = 100 };

/* KEYS: hash, info, list. ARGV: id, hash, ttl, ip, agent, limit: the oldest sessions are dropped. */
static const char start_script[] =
    "local t = redis.call('TIME') local ms = t[1] * 1000 + math.floor(t[2] / 1000) "
    "redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) "
    "redis.call('HSET', KEYS[2], 'created', ms, 'used', ms, 'ip', ARGV[4], 'agent', ARGV[5]) "
    "redis.call('EXPIRE', KEYS[2], ARGV[3]) "
    "redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ms) "
    "redis.call('ZADD', KEYS[3], ms + ARGV[3] * 1000, ARGV[1]) "
    "redis.call('EXPIRE', KEYS[3], ARGV[3]) "
    "while redis.call('ZCARD', KEYS[3]) > tonumber(ARGV[6]) do "
    "  local old = redis.call('ZPOPMIN', KEYS[3])[1] "
    "  redis.call('DEL', (string.gsub(KEYS[1], '[^:]*$', '')) .. old, (string.gsub(KEYS[2], '[^:]*$', '')) .. old) "
    "end return 1";

/* The same KEYS. ARGV: id, presented, next, ttl, ip, agent, grace. */
static const char turn_script[] =
    "local now = redis.call('GET', KEYS[1]) if not now then return 0 end "
    "local t = redis.call('TIME') local ms = t[1] * 1000 + math.floor(t[2] / 1000) "
    "if now ~= ARGV[2] then "
    "  local old = redis.call('HMGET', KEYS[2], 'previous', 'turned') "
    "  if old[1] == ARGV[2] and ms - tonumber(old[2]) <= tonumber(ARGV[7]) then return 2 end "
    "  redis.call('DEL', KEYS[1], KEYS[2]) redis.call('ZREM', KEYS[3], ARGV[1]) return -1 "
    "end "
    "redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4]) "
    "redis.call('HSET', KEYS[2], 'previous', ARGV[2], 'turned', ms, 'used', ms, 'ip', ARGV[5], 'agent', ARGV[6]) "
    "redis.call('EXPIRE', KEYS[2], ARGV[4]) "
    "redis.call('ZADD', KEYS[3], ms + ARGV[4] * 1000, ARGV[1]) redis.call('EXPIRE', KEYS[3], ARGV[4]) return 1";

enum { TURN_REUSED = -1, TURN_UNKNOWN, TURN_DONE, TURN_AGAIN };

/* The User-Agent, shortened, where it is valid text. */
static const char *
clip_agent(struct arena *mem, const char *agent)
{
	size_t n = agent != NULL ? strlen(agent) : 0;

	return n == 0 || !utf8_valid(agent, n) ? "" : arena_copy(mem, agent, utf8_clip(agent, n, AGENT_MAX));
}

/* user_online:{userId}, which the fanout renews while the user has a socket. */
static void
show_online(const char *user)
{
	redis_send("SET user_online:%s true EX %lld", user, (long long)conf.user_online_ttl);
}

/* ARGV: user. The last session has ended, and no socket is left. */
static struct redis_script show_offline = { .text =
    "if redis.call('ZCARD', 'user_sessions:' .. ARGV[1]) == 0 "
    "and redis.call('EXISTS', 'ws:user:' .. ARGV[1]) == 0 then "
    "redis.call('DEL', 'user_online:' .. ARGV[1]) end" };

static int
grant_tokens(struct arena *mem, const struct account *a, const char *id, const char *refresh, struct session_grant *out)
{
	struct token t = { .sub = a->id, .role = a->role, .tier = a->tier, .sid = id, .jti = bearer_new_jti(mem) };

	*out = (struct session_grant){ .id = id, .access = token_sign(mem, &t), .refresh = refresh,
	    .expires_in_s = conf.jwt_expires_s };
	if (out->access != NULL)
		return 0;
	log_error("no access token can be made: set JWT_SECRET");
	return E_INTERNAL;
}

int
session_start(struct arena *mem, const struct account *a, const char *ip, const char *agent, struct session_grant *out)
{
	char *id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES)), hash[DIGEST_TEXT_BYTES];
	const char *refresh = refresh_make(mem, &(struct refresh){ a->id, id, 1 });
	struct redis_reply r;
	int rc;

	rc = redis_cmd(&r, "EVAL %s 3 user_session:%s:%s user_session_info:%s:%s user_sessions:%s %s %s %lld %s %s %d",
	    start_script, a->id, id, a->id, id, a->id, id, refresh_hash(hash, refresh),
	    (long long)conf.jwt_refresh_expires_s, ip, clip_agent(mem, agent), SESSIONS_MAX);
	if (rc < 0)
		return rc;
	show_online(a->id);
	return grant_tokens(mem, a, id, refresh, out);
}

static int
rotate_refresh(struct arena *mem, const struct refresh *f, const char *presented, const char *next, const char *ip,
    const char *agent, int64_t *verdict)
{
	char hash[DIGEST_TEXT_BYTES], next_hash[DIGEST_TEXT_BYTES];
	struct redis_reply r;
	int rc;

	rc = redis_cmd(&r, "EVAL %s 3 user_session:%s:%s user_session_info:%s:%s user_sessions:%s %s %s %s %lld %s %s "
	    "%lld", turn_script,
	    f->user, f->session, f->user, f->session, f->user, f->session, refresh_hash(hash, presented),
	    refresh_hash(next_hash, next), (long long)conf.jwt_refresh_expires_s, ip, clip_agent(mem, agent),
	    (long long)conf.refresh_grace_ms);
	*verdict = rc == 0 ? r.i : TURN_UNKNOWN;
	return rc;
}

/* The session's user must still be an account that may log in. */
static int
need_account(struct arena *mem, const struct refresh *f, struct account *a)
{
	int rc = account_find(mem, f->user, a);

	if (rc == E_NOT_FOUND)
		return E_REFRESH;
	if (rc == 0 && !a->active) {
		session_end(mem, f->user, f->session);
		return E_INACTIVE;
	}
	return rc;
}

int
session_refresh(struct arena *mem, const char *text, const char *ip, const char *agent, struct account *a,
    struct session_grant *out)
{
	struct refresh f, after;
	const char *next;
	int64_t verdict;
	int rc;

	if ((rc = refresh_parse(mem, text, &f)) < 0 || (rc = need_account(mem, &f, a)) < 0)
		return rc;
	after = (struct refresh){ f.user, f.session, f.turn + 1 };
	next = refresh_make(mem, &after);
	if ((rc = rotate_refresh(mem, &f, text, next, ip, agent, &verdict)) < 0)
		return rc;
	if (verdict == TURN_REUSED) {
		AUDIT("suspicious_activity", f.user, ip, JS("reason", "refresh token used twice"),
		    JS("session", f.session));
		return (rc = revoke_session(mem, f.session)) < 0 ? rc : E_REFRESH;
	}
	if (verdict == TURN_UNKNOWN)
		return E_REFRESH;
	show_online(f.user);
	return grant_tokens(mem, a, f.session, next, out);
}

const char *
session_find(struct arena *mem, const char *text, const char *user)
{
	char hash[DIGEST_TEXT_BYTES];
	struct redis_reply r;
	struct refresh f;

	if (refresh_parse(mem, text, &f) < 0 || strcmp(f.user, user) != 0 ||
	    redis_cmd(&r, "GET user_session:%s:%s", f.user, f.session) < 0 || r.type != REDIS_STR ||
	    strcmp(r.s.p, refresh_hash(hash, text)) != 0)
		return NULL;
	return arena_printf(mem, "session:%s", f.session);
}

int
session_end(struct arena *mem, const char *user, const char *id)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[2];
	int rc;

	redis_add(b, "DEL user_session:%s:%s user_session_info:%s:%s", user, id, user, id);
	redis_add(b, "ZREM user_sessions:%s %s", user, id);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	redis_send_eval(&show_offline, "0 %s", user);
	if (r[0].i == 0 && r[1].i == 0)
		return E_NOT_FOUND;
	return revoke_session(mem, id);
}

static int
list_ids(const char *user, struct redis_reply *r)
{
	int rc = redis_cmd(r, "ZREVRANGE user_sessions:%s 0 -1 WITHSCORES", user);

	return rc < 0 ? rc : r->type == REDIS_ARRAY ? 0 : E_INTERNAL;
}

int
session_end_all(struct arena *mem, const char *user, const char *keep, int64_t *n)
{
	struct redis_reply r;
	size_t i;
	int rc;

	*n = 0;
	if ((rc = list_ids(user, &r)) < 0)
		return rc;
	for (i = 0; i + 1 < r.n; i += 2) {
		if (keep != NULL && strcmp(r.v[i].s.p, keep) == 0)
			continue;
		if ((rc = session_end(mem, user, r.v[i].s.p)) < 0 && rc != E_NOT_FOUND)
			return rc;
		++*n;
	}
	return 0;
}

static void
put_session(struct buf *out, const char *id, int64_t expires_ms, const struct redis_reply *info, bool current)
{
	const struct redis_reply *v = info->v;
	struct json_field f[] = {
		JS("id", id), JT("createdAt", strtoll(v[0].s.p, NULL, 10)),
		    JT("lastUsedAt", strtoll(v[1].s.p, NULL, 10)),
		JT("expiresAt", expires_ms), JS("ip", v[2].s.p), JS("userAgent", v[3].s.p), JB("current", current),
	};

	if (out->n > 1)
		buf_byte(out, ',');
	json_put_obj(out, f, NELEM(f));
}

int
session_list(struct arena *mem, const char *user, const char *current, struct str *json)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply ids, *info;
	struct buf out = { 0 };
	size_t i;
	int rc;

	if ((rc = list_ids(user, &ids)) < 0)
		return rc;
	info = arena_zalloc(mem, (ids.n / 2 + 1) * sizeof(*info));
	for (i = 0; i < ids.n / 2; i++)
		redis_add(b, "HMGET user_session_info:%s:%s created used ip agent", user, ids.v[2 * i].s.p);
	if ((rc = redis_run(b, info)) < 0)
		return rc;
	buf_byte(&out, '[');
	for (i = 0; i < ids.n / 2; i++)
		if (info[i].n == 4 && info[i].v[0].type == REDIS_STR)		/* else it has just ended */
			put_session(&out, ids.v[2 * i].s.p, strtoll(ids.v[2 * i + 1].s.p, NULL, 10), &info[i],
			    current != NULL && strcmp(current, ids.v[2 * i].s.p) == 0);
	buf_byte(&out, ']');
	*json = buf_to_arena(mem, &out);
	return 0;
}
