/* room.c -- the wire form of room events, and their publication. See room.h. */
#include "room.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/json.h"
#include "link/redis.h"
#include "room_log.h"

/* ARGV: room, messages without their seq, seconds to keep the last as the state (0: not at all); then the log's
 * limits: events, bytes, ms to live (0: no log); and a name that deduplicates repeated attempts ('': none). The
 * messages are one, or with `several` a JSON array. A room without listeners gets no log: a log needs a subscriber, an
 * existing log, or a process that announced members (room_want). The seq of entries dropped from the log goes to
 * room:gone, so that a gap can be counted. */
#define ONCE_S "120"
#define PUBLISHING(several) \
	"local room, keep, most, bytes, ttl = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]\n" \
	"if ARGV[7] ~= '' and not redis.call('SET', 'room:once:' .. ARGV[7], '1', 'NX', 'EX', " ONCE_S \
	    ") then return end\n" \
	"local function publish(tail)\n" \
	"	local t = redis.call('TIME')\n" \
	"	local seq = t[1] * 1000000 + t[2]\n" \
	"	local last = tonumber(redis.call('GET', 'room:seq') or 0)\n" \
	"	if last >= seq then seq = last + 1 end\n" \
	"	seq = string.format('%.0f', seq)\n" \
	"	redis.call('SET', 'room:seq', seq)\n" \
	"	local wire = seq .. ' ' .. tail\n" \
	"	if keep ~= '0' then redis.call('SET', 'room:last:' .. room, wire, 'EX', keep) end\n" \
	"	local heard = redis.call('PUBLISH', 'fanout:' .. room, wire)\n" \
	"	if ttl == '0' then return end\n" \
	"	local log = 'room:log:' .. room\n" \
	"	if heard == 0 and redis.call('EXISTS', log, 'room:want:' .. room) == 0 then return end\n" \
	"	local n, drop = redis.call('RPUSH', log, wire), 0\n" \
	"	redis.call('PEXPIRE', log, ttl)\n" \
	"	if n > most + most / 16 then\n" \
	"		drop = n - most\n" \
	"	elseif (n % 16 == 0 or #wire * 16 > bytes) and redis.call('MEMORY', 'USAGE', log) > bytes then\n" \
	"		drop = math.floor(n / 4)\n" \
	"	end\n" \
	"	if drop == 0 then return end\n" \
	"	local gone = redis.call('LPOP', log, math.min(drop, 1000))\n" \
	"	for i, w in ipairs(gone) do gone[i] = string.match(w, '^%d+') end\n" \
	"	redis.call('RPUSH', 'room:gone:' .. room, unpack(gone))\n" \
	"	redis.call('LTRIM', 'room:gone:' .. room, -20000, -1)\n" \
	"	redis.call('PEXPIRE', 'room:gone:' .. room, ttl)\n" \
	"end\n" \
	"for _, tail in ipairs(" several ") do publish(tail) end\n"
static struct redis_script publishing = { .text = PUBLISHING("{ ARGV[2] }") };
static struct redis_script publishing_all = { .text = PUBLISHING("cjson.decode(ARGV[2])") };
#define PUBLISH_ARGS(room, tail, keep, once) "0 %s %b %lld %lld %lld %lld %s", room, (tail).p, (tail).n, \
	(long long)(keep), \
	(long long)conf.ws_recovery_events, (long long)conf.ws_recovery_bytes, (long long)room_log_ms(), once

static void
put_tail(struct buf *tail, enum room_class class, const char *event, const char *alias, struct str payload)
{
	buf_printf(tail, "%d %s %s\n", (int)class, event, alias != NULL ? alias : "-");
	buf_add(tail, payload.p, payload.n);
}

void
room_publish(const char *room, enum room_class class, const char *event, const char *alias, struct str payload,
    bool keep)
{
	struct buf tail = { 0 };

	put_tail(&tail, class, event, alias, payload);
	redis_send_eval(&publishing, PUBLISH_ARGS(room, tail, keep ? conf.room_state_ttl : 0, ""));
	buf_fini(&tail);
}

int
room_publish_all(const char *room, enum room_class class, const char *event, const struct str *payloads, size_t n,
    const char *once)
{
	struct buf list = { 0 }, tail = { 0 };
	size_t i;
	int rc;

	buf_byte(&list, '[');
	for (i = 0; i < n; i++) {
		buf_reset(&tail);
		put_tail(&tail, class, event, NULL, payloads[i]);
		buf_str(&list, i > 0 ? "," : "");
		json_put_str(&list, tail.p, tail.n);
	}
	buf_byte(&list, ']');
	rc = redis_eval(NULL, &publishing_all, PUBLISH_ARGS(room, list, 0, once));
	buf_fini(&tail);
	buf_fini(&list);
	return rc;
}

struct str
room_gap(struct arena *mem, const char *room, int64_t missed, int64_t from, int64_t to)
{
	return json_obj(mem, JS("room", room), JI("missed", missed), JI("from", from), JI("to", to));
}

/* The next word of the header line, up to `end`; `stop` must follow it. */
static bool
take_word(const char **p, const char *end, char stop, struct str *out)
{
	const char *hit = memchr(*p, stop, (size_t)(end - *p));

	if (hit == NULL || hit == *p)
		return false;
	*out = (struct str){ *p, (size_t)(hit - *p) };
	*p = hit + 1;
	return true;
}

bool
room_parse(const char *p, size_t n, struct room_event *out)
{
	const char *end = p + n;
	struct str seq, class;

	if (!take_word(&p, end, ' ', &seq) || !take_word(&p, end, ' ', &class) ||
	    !take_word(&p, end, ' ', &out->event) ||
	    !take_word(&p, end, '\n', &out->alias) || seq.n > 18 || class.n != 1 || class.p[0] < '0' ||
	    class.p[0] > '2')
		return false;
	out->seq = strtoll(seq.p, NULL, 10);
	out->class = (enum room_class)(class.p[0] - '0');
	if (out->alias.n == 1 && out->alias.p[0] == '-')
		out->alias = (struct str){ NULL, 0 };
	out->payload = (struct str){ p, (size_t)(end - p) };
	return out->seq > 0;
}

bool
room_is_control(const struct room_event *e)
{
	return e->event.n > 0 && e->event.p[0] == ROOM_CONTROL;
}

bool
room_event_ok(const char *event)
{
	static const char *const reserved[] = { "connect", "connect_error", "disconnect", "disconnecting",
	    "newListener",
		"removeListener" };
	size_t i;

	for (i = 0; i < NELEM(reserved); i++)
		if (strcmp(event, reserved[i]) == 0)
			return false;
	for (i = 0; event[i] != '\0'; i++)
		if ((unsigned char)event[i] <= ' ' || event[i] == 0x7f)
			return false;
	return i > 0 && event[0] != ROOM_CONTROL && strcmp(event, "-") != 0;
}

const char *
room_last_key(struct arena *mem, const char *room)
{
	return arena_printf(mem, "room:last:%s", room);
}
