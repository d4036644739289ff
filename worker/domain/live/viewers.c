/* viewers.c -- a stream's viewers, in Redis and in tables. See viewers.h. */
#include "viewers.h"

#include "base/conf.h"
#include "base/err.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"

enum { SWEEP_MAX = 20000, KEEP_MS = 3600000 };

/* ARGV: stream, process, ms to keep, 1 (join) or -1 (leave), JSON of users. Returns the count. A process without a
 * heartbeat, or one that was already swept, is marked dead: its next heartbeat makes it report all viewers again. */
static struct redis_script move_script = { .text =
	"local all = 'stream:' .. ARGV[1] .. ':viewers'\n"
	"local mine, by = all .. ':of:' .. ARGV[2], tonumber(ARGV[4])\n"
	"if by == 1 then redis.call('ZADD', all .. ':beat', 'NX', 0, ARGV[2]) end\n"
	"for _, who in ipairs(cjson.decode(ARGV[5])) do\n"
	"	if redis.call(by == 1 and 'SADD' or 'SREM', mine, who) == 1 then\n"
	"		if redis.call('HINCRBY', all, who, by) <= 0 then redis.call('HDEL', all, who) end\n"
	"	end\n"
	"end\n"
	"for _, key in ipairs({ all, mine, all .. ':beat' }) do redis.call('PEXPIRE', key, ARGV[3]) end\n"
	"return redis.call('HLEN', all)\n"
};

/* ARGV: process ('': no heartbeat), lease in ms, ms to keep, most to sweep, JSON of streams. Returns for each its
 * count and whether the process is known there. A dead process's set is moved aside first, so that a process that
 * returns starts anew. */
static struct redis_script count_script = { .text =
	"local process, lease, keep, left, out = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), {}\n"
	"local t = redis.call('TIME')\n"
	"local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	"for _, key in ipairs(cjson.decode(ARGV[5])) do\n"
	"	local all = 'stream:' .. key .. ':viewers'\n"
	"	local known, beat, dead = 1, all .. ':beat', all .. ':dead'\n"
	"	if process ~= '' then\n"
	"		known = redis.call('ZSCORE', beat, process) and 1 or 0\n"
	"		redis.call('ZADD', beat, now, process)\n"
	"		redis.call('PEXPIRE', all .. ':of:' .. process, keep)\n"
	"		redis.call('PEXPIRE', all, keep)\n"
	"		redis.call('PEXPIRE', beat, keep)\n"
	"	end\n"
	"	for _, gone in ipairs(redis.call('ZRANGEBYSCORE', beat, '-inf', now - lease)) do\n"
	"		redis.call('ZREM', beat, gone)\n"
	"		if redis.call('EXISTS', all .. ':of:' .. gone) == 1 then\n"
	"			redis.call('RENAME', all .. ':of:' .. gone, dead .. ':' .. gone)\n"
	"			redis.call('SADD', dead, gone)\n"
	"			redis.call('PEXPIRE', dead, keep)\n"
	"		end\n"
	"	end\n"
	"	for _, gone in ipairs(redis.call('SMEMBERS', dead)) do\n"
	"		local people = left > 0 and redis.call('SPOP', dead .. ':' .. gone, left) or {}\n"
	"		left = left - #people\n"
	"		for _, who in ipairs(people) do\n"
	"			if redis.call('HINCRBY', all, who, -1) <= 0 then redis.call('HDEL', all, who) end\n"
	"		end\n"
	"		if redis.call('EXISTS', dead .. ':' .. gone) == 0 then redis.call('SREM', dead, gone) end\n"
	"	end\n"
	"	out[#out + 1] = redis.call('HLEN', all)\n"
	"	out[#out + 1] = known\n"
	"end\n"
	"return out\n"
};

static struct str
list_of(const char *const *v, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; i < n; i++) {
		buf_str(&b, i > 0 ? "," : "");
		json_put_str(&b, v[i], strlen(v[i]));
	}
	buf_byte(&b, ']');
	return buf_to_arena(co_arena(), &b);
}

static int
move_people(const char *process, const char *key, struct strs people, int by, int64_t *count)
{
	struct str list = list_of(people.v, people.n);
	struct redis_reply r;
	int rc = redis_eval(&r, &move_script, "0 %s %s %d %d %b", key, process, (int)KEEP_MS, by, list.p, list.n);

	*count = rc == 0 ? r.i : 0;
	return rc;
}

int
viewers_come(const char *process, const char *key, struct strs people, int64_t *count)
{
	return move_people(process, key, people, 1, count);
}

int
viewers_go(const char *process, const char *key, struct strs people, int64_t *count)
{
	return move_people(process, key, people, -1, count);
}

int
viewers_beat(const char *process, const char *const *keys, size_t n, struct viewers_state *out)
{
	struct str list = list_of(keys, n);
	struct redis_reply r;
	size_t i;
	int rc;

	if (n == 0)
		return 0;
	if ((rc = redis_eval(&r, &count_script, "0 %s %lld %d %d %b", process, (long long)conf.stream_viewer_lease_ms,
	    (int)KEEP_MS, (int)SWEEP_MAX, list.p, list.n)) < 0)
		return rc;
	if (r.type != REDIS_ARRAY || r.n != 2 * n)
		return E_INTERNAL;
	for (i = 0; i < n; i++)
		out[i] = (struct viewers_state){ r.v[2 * i].i, r.v[2 * i + 1].i == 1 };
	return 0;
}

int
viewers_count(const char *const *keys, size_t n, int64_t *out)
{
	struct viewers_state *states = arena_alloc(co_arena(), (n + 1) * sizeof(*states));
	size_t i;
	int rc;

	if ((rc = viewers_beat("", keys, n, states)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		out[i] = states[i].count;
	return 0;
}

static struct pg_stmt store_viewers = PG_STMT("insert", "stream_viewers",
    "WITH came AS ("
    "  INSERT INTO stream_viewers (stream_key, user_id)"
    "  SELECT DISTINCT s.stream_key, u"
    "  FROM streams s, json_array_elements_text($2::json) u"
    "  WHERE s.stream_key = $1 ORDER BY u"
    "  ON CONFLICT DO NOTHING RETURNING 1)"
    " UPDATE streams SET total_viewers = total_viewers + (SELECT count(*) FROM came),"
    "   peak_viewers = greatest(peak_viewers, $3::bigint)"
    " WHERE stream_key = $1 AND (peak_viewers < $3::bigint OR EXISTS (SELECT FROM came))");

int
viewers_store(const char *key, struct strs people, int64_t peak)
{
	struct str list = list_of(people.v, people.n);

	return pg_query(pg_shared(), NULL, &store_viewers, pg_text(key), pg_text(list.p), pg_int(peak));
}
