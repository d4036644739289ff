/* chat_allow.c -- rate limits of chat messages: CHAT_RATE_MAX over all chats, slow mode in one. See chat.h. Yields:
 * chat_allow.
 *
 * Redis holds the times of a user's latest messages (chat:rate:{user}), their turn in a slow chat
 * (chat:turn:{streamKey}:{user}) and caches a chat's rules for half a minute (chat:rules:{streamKey}: slow mode, and
 * who moderates). The rules' source is the database.
 */
#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "chat.h"
#include "link/redis.h"
#include "run/co.h"

enum { RULES_MS = 30000, TRIES = 3 };
enum { ALLOWED, TOO_OFTEN, TOO_SOON, NO_RULES };

/* ARGV: stream, user, messages per window (0: unlimited), window in ms, 1 for an admin. Returns {verdict, ms to wait,
 * keeper}. A refused message does not count. */
static struct redis_script allow_script = { .text =
	"local rules, t = 'chat:rules:' .. ARGV[1], redis.call('TIME')\n"
	"local now, most, window = t[1] * 1000 + math.floor(t[2] / 1000), tonumber(ARGV[3]), tonumber(ARGV[4])\n"
	"local known = redis.call('HMGET', rules, 'slow', '+' .. ARGV[2])\n"
	"if not known[1] then return { 3, 0, 0 } end\n"
	"local keeper, slow = (ARGV[5] == '1' or known[2]) and 1 or 0, tonumber(known[1]) * 1000\n"
	"local rate, turn = 'chat:rate:' .. ARGV[2], 'chat:turn:' .. ARGV[1] .. ':' .. ARGV[2]\n"
	"if most > 0 then\n"
	"	local oldest = redis.call('LINDEX', rate, most - 1)\n"
	"	if oldest and now - oldest < window then return { 1, window - (now - oldest), keeper } end\n"
	"end\n"
	"if slow > 0 and keeper == 0 then\n"
	"	local last = redis.call('GET', turn)\n"
	"	if last and now - last < slow then return { 2, slow - (now - last), keeper } end\n"
	"	redis.call('SET', turn, now, 'PX', slow)\n"
	"end\n"
	"if most > 0 then\n"
	"	redis.call('LPUSH', rate, now)\n"
	"	redis.call('LTRIM', rate, 0, most - 1)\n"
	"	redis.call('PEXPIRE', rate, window)\n"
	"end\n"
	"return { 0, 0, keeper }\n"
};
/* ARGV: stream, ms to cache, slow mode, JSON of who moderates. */
static struct redis_script store_rules = { .text =
	"local rules = 'chat:rules:' .. ARGV[1]\n"
	"redis.call('DEL', rules)\n"
	"redis.call('HSET', rules, 'slow', ARGV[3])\n"
	"for _, who in ipairs(cjson.decode(ARGV[4])) do redis.call('HSET', rules, '+' .. who, 1) end\n"
	"redis.call('PEXPIRE', rules, ARGV[2])\n"
};

static struct pg_stmt read_rules = PG_STMT("select", "streams",
    "SELECT s.slow_mode_s,"
    "   ("
    "     SELECT coalesce(json_agg(u), '[]')"
    "     FROM ("
    "       SELECT s.seller_id AS u WHERE s.seller_id IS NOT NULL"
    "       UNION ALL SELECT user_id FROM stream_moderators o"
    "       WHERE o.stream_key = s.stream_key) k)::text"
    " FROM streams s WHERE s.stream_key = $1");
enum { SLOW_S, KEEPERS };

static int
load_rules(const char *key)
{
	struct pg_rows r;
	struct str keepers;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &read_rules, pg_text(key))) < 0)
		return rc;
	keepers = pg_value(&r, 0, KEEPERS);
	return redis_eval(NULL, &store_rules, "0 %s %d %lld %b", key, (int)RULES_MS,
	    (long long)pg_integer(&r, 0, SLOW_S), keepers.p, keepers.n);
}

void
chat_rules_changed(const char *key)
{
	redis_send("DEL chat:rules:%s", key);
}

int
chat_allow(const char *key, const struct caller *who, bool *keeper, int64_t *wait_s)
{
	struct redis_reply r;
	int rc, tries;

	*keeper = false;
	*wait_s = 0;
	for (tries = 0; tries < TRIES; tries++) {
		if ((rc = redis_eval(&r, &allow_script, "0 %s %s %lld %lld %d", key, who->user, conf.rate_limit
		    ? (long long)conf.chat_rate_max : 0, (long long)conf.chat_rate_s * 1000, who->admin ? 1 : 0)) < 0)
			return rc;
		if (r.type != REDIS_ARRAY || r.n != 3)
			return E_INTERNAL;
		*keeper = r.v[2].i == 1;
		*wait_s = (r.v[1].i + 999) / 1000;
		switch (r.v[0].i) {
		case ALLOWED:	return 0;
		case TOO_OFTEN:	return E_RATE;
		case TOO_SOON:	return E_SLOW_MODE;
		}
		if ((rc = load_rules(key)) < 0)
			return rc;
	}
	return E_BUSY;
}
