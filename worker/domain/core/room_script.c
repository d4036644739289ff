/* room_script.c -- the script that publishes to rooms. See room_script.h. Yields: room_script_run*. */
#include "room_script.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/trace_ring.h"
#include "link/redis.h"
#include "room_log.h"

/* ARGV: room, messages without their seq, seconds to keep the last as the state (0: not at all); then the log's
 * limits: events, bytes, ms to live (0: no log); the publisher, the number among all that it publishes, and 1 where
 * this may repeat an attempt: the highest number is remembered, and a repeated one that is not higher has been
 * executed. The messages are one, or with `several` a JSON array. A room without listeners gets no log: a log needs
 * a subscriber, an existing log, or a process that announced members (room_want). The seq of entries dropped from
 * the log goes to room:gone, so that a gap can be counted. */
#define TOLD_S "86400"
#define PUBLISHING(several) \
	"local room, keep, most, bytes, ttl = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]\n" \
	"local told = 'room:told:' .. ARGV[7]\n" \
	"if ARGV[9] == '1' and tonumber(redis.call('GET', told) or 0) >= tonumber(ARGV[8]) then return end\n" \
	"redis.call('SET', told, ARGV[8], 'EX', " TOLD_S ")\n" \
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
#define PUBLISH_ARGS(room, tail, keep, by, number, again) "0 %s %b %lld %lld %lld %lld %s %lld %d", room, \
	(tail).p, (tail).n, (long long)(keep), (long long)conf.ws_recovery_events, (long long)conf.ws_recovery_bytes, \
	(long long)room_log_ms(), by, (long long)(number), again

struct room_item *
room_item_new(const char *room, int64_t keep_s)
{
	size_t n = strlen(room) + 1;
	struct room_item *i = malloc(sizeof(*i) + n);

	if (i == NULL)
		abort();
	*i = (struct room_item){ .keep_s = keep_s };
	memcpy(i->room, room, n);
	return i;
}

void
room_item_free(struct room_item *i)
{
	buf_fini(&i->tail);
	free(i->trace);
	free(i);
}

void
room_item_trace(struct room_item *i, const char *event)
{
	i->trace = trace_copy(trace_now());
	trace_child(i->trace, trace_now());
	i->start_us = mono_us();
	snprintf(i->event, sizeof(i->event), "%s", event);
}

void
room_item_told(const struct room_item *i)
{
	char name[64];
	const struct trace_span span = { .trace = i->trace, .kind = TRACE_PRODUCER, .step = TRACE_PUBLISH, .name = name,
	    .start_us = i->start_us, .end_us = i->trace != NULL ? mono_us() : 0 };

	if (i->trace == NULL)
		return;
	snprintf(name, sizeof(name), "publish %s", i->event);
	trace_record(&span, JS("messaging.system", "redis"), JS("messaging.operation.name", "publish"),
	    JS("messaging.operation.type", "send"), JS("messaging.destination.name", i->room),
	    JS("dure.event", i->event));
}

void
room_script_send(struct room_item *i, const char *publisher, void (*on_told)(void *item, int rc))
{
	redis_send_eval_told(&publishing, on_told, i,
	    PUBLISH_ARGS(i->room, i->tail, i->keep_s, publisher, i->n, 0));
}

int
room_script_run(const struct room_item *i, const char *publisher)
{
	return redis_eval(NULL, &publishing, PUBLISH_ARGS(i->room, i->tail, i->keep_s, publisher, i->n, 1));
}

int
room_script_run_all(const char *room, struct str tails, const char *publisher, int64_t number)
{
	return redis_eval(NULL, &publishing_all, PUBLISH_ARGS(room, tails, 0, publisher, number, 1));
}
