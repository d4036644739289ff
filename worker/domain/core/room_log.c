/* room_log.c -- reading the logs of rooms, which the publishing script writes (room.c). See room_log.h. */
#include "room_log.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "link/redis.h"

enum { NOTICE_SLACK_MS = 5000 };

/* ARGV: channel and text of the barrier, JSON [room, seq, room, seq, ...]. Returns the newest seq assigned, then per
 * room {lost, first lost, last lost, messages}. Lists are sorted by seq: binary search. */
static struct redis_script reading_since = { .text =
	"redis.call('PUBLISH', ARGV[1], ARGV[2])\n"
	"local rooms, out = cjson.decode(ARGV[3]), { redis.call('GET', 'room:seq') or '0' }\n"
	"local function behind(key, seq)\n"
	"	local low, high = 0, redis.call('LLEN', key)\n"
	"	while low < high do\n"
	"		local mid = math.floor((low + high) / 2)\n"
	"		local at = tonumber(string.match(redis.call('LINDEX', key, mid), '^%d+'))\n"
	"		if at > seq then high = mid else low = mid + 1 end\n"
	"	end\n"
	"	return low\n"
	"end\n"
	"for i = 1, #rooms, 2 do\n"
	"	local log, gone, seq = 'room:log:' .. rooms[i], 'room:gone:' .. rooms[i], tonumber(rooms[i + 1])\n"
	"	local first = behind(gone, seq)\n"
	"	local lost = redis.call('LLEN', gone) - first\n"
	"	local from, to = '0', '0'\n"
	"	if lost > 0 then from, to = redis.call('LINDEX', gone, first), redis.call('LINDEX', gone, -1) end\n"
	"	out[#out + 1] = { tostring(lost), from, to, redis.call('LRANGE', log, behind(log, seq), -1) }\n"
	"end\n"
	"return out\n"
};
/* ARGV: barrier, room, count. Returns the same form. */
static struct redis_script reading_last = { .text =
	"redis.call('PUBLISH', ARGV[1], ARGV[2])\n"
	"return { redis.call('GET', 'room:seq') or '0',\n"
	"	{ '0', '0', '0', redis.call('LRANGE', 'room:log:' .. ARGV[3], -tonumber(ARGV[4]), -1) } }\n"
};

bool
room_log_on(void)
{
	return conf.ws_recovery_ms > 0 && !conf.ws_protocol_test;	/* the suites do not expect a pid */
}

int64_t
room_log_ms(void)
{
	return !room_log_on() ? 0 :
	    conf.ws_recovery_ms + conf.ws_ping_interval_ms + conf.ws_ping_timeout_ms + NOTICE_SLACK_MS;
}

static int64_t
reply_number(const struct redis_reply *r)
{
	return r->type == REDIS_STR ? strtoll(r->s.p, NULL, 10) : 0;
}

static int
read_reply(struct arena *mem, const struct redis_reply *r, size_t n, struct room_missed *out, int64_t *upto)
{
	const struct redis_reply *one, *list;
	size_t i, k;

	if (r->type != REDIS_ARRAY || r->n != n + 1)
		return E_INTERNAL;
	*upto = reply_number(&r->v[0]);
	for (i = 0; i < n; i++) {
		one = &r->v[i + 1];
		if (one->type != REDIS_ARRAY || one->n != 4 || one->v[3].type != REDIS_ARRAY)
			return E_INTERNAL;
		list = &one->v[3];
		out[i] = (struct room_missed){
			.lost = reply_number(&one->v[0]), .lost_from = reply_number(&one->v[1]),
			.lost_to = reply_number(&one->v[2]),
			.v = arena_alloc(mem, (list->n + 1) * sizeof(struct str)), .n = list->n,
		};
		for (k = 0; k < list->n; k++)
			out[i].v[k] = list->v[k].s;
	}
	return 0;
}

int
room_log_since(struct arena *mem, const struct room_since *rooms, size_t n, struct room_barrier barrier,
    struct room_missed *out, int64_t *upto)
{
	struct redis_reply r;
	struct buf list = { 0 };
	size_t i;
	int rc;

	buf_byte(&list, '[');
	for (i = 0; i < n; i++) {
		buf_str(&list, i > 0 ? "," : "");
		json_put_str(&list, rooms[i].room, strlen(rooms[i].room));
		buf_printf(&list, ",\"%lld\"", (long long)rooms[i].seq);
	}
	buf_byte(&list, ']');
	rc = redis_eval(&r, &reading_since, "0 %s %s %b", barrier.channel, barrier.text, list.p, list.n);
	buf_fini(&list);
	return rc < 0 ? rc : read_reply(mem, &r, n, out, upto);
}

int
room_log_last(struct arena *mem, const char *room, int64_t n, struct room_barrier barrier, struct room_missed *out,
    int64_t *upto)
{
	struct redis_reply r;
	int rc = redis_eval(&r, &reading_last, "0 %s %s %s %lld", barrier.channel, barrier.text, room, (long long)n);

	return rc < 0 ? rc : read_reply(mem, &r, 1, out, upto);
}

void
room_want(const char *room)
{
	if (room_log_on())
		redis_send("SET room:want:%s 1 PX %lld", room, (long long)(ROOM_WANT_MS + room_log_ms()));
}
