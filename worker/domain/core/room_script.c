/* room_script.c -- the script that publishes to rooms. See room_script.h. Yields: room_script_run*. */
#include "room_script.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/trace_ring.h"
#include "link/redis.h"
#include "room_log.h"

/* ARGV: the publisher, the number of the last event among all that it publishes, and 1 where this may repeat an
 * attempt: the highest number is remembered, and a repeated one that is not higher has been executed; the logs' limits:
 * events, bytes, ms to live (0: no log); then the events as MessagePack, [room, seconds to keep it as the state (0: not
 * at all), message without its seq, room, …]. A room without listeners gets no log: a log needs a subscriber, an
 * existing log, or a process that announced members (room_want). The seq of entries dropped from the log goes to
 * room:gone, so that a gap can be counted. An event that fails, say by a key of another type, fails alone. */
static struct redis_script publishing = { .text =
	"local call, told = redis.call, 'room:told:' .. ARGV[1]\n"
	"if ARGV[3] == '1' and tonumber(call('GET', told) or 0) >= tonumber(ARGV[2]) then return end\n"
	"call('SET', told, ARGV[2], 'EX', 86400)\n"
	"local most, bytes, ttl, list = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], cmsgpack.unpack(ARGV[7])\n"
	"local t = call('TIME')\n"
	"local seq, last = t[1] * 1000000 + t[2], tonumber(call('GET', 'room:seq') or 0)\n"
	"if last >= seq then seq = last + 1 end\n"
	"call('SET', 'room:seq', string.format('%.0f', seq + #list / 3 - 1))\n"
	"local wanted, lasting, failed = {}, {}, nil\n"
	"local function is_wanted(room, log)\n"
	"	if wanted[room] == nil then wanted[room] = call('EXISTS', log, 'room:want:' .. room) > 0 end\n"
	"	return wanted[room]\n"
	"end\n"
	"local function shorten(room, log, drop)\n"
	"	local gone, key = call('LPOP', log, math.min(drop, 1000)), 'room:gone:' .. room\n"
	"	for i, w in ipairs(gone) do gone[i] = string.match(w, '^%d+') end\n"
	"	call('RPUSH', key, unpack(gone))\n"
	"	call('LTRIM', key, -20000, -1)\n"
	"	call('PEXPIRE', key, ttl)\n"
	"end\n"
	"local function publish(room, keep, wire)\n"
	"	if keep ~= 0 then call('SET', 'room:last:' .. room, wire, 'EX', keep) end\n"
	"	local heard, log = call('PUBLISH', 'fanout:' .. room, wire), 'room:log:' .. room\n"
	"	if ttl == '0' or heard == 0 and not is_wanted(room, log) then return end\n"
	"	local n, drop = call('RPUSH', log, wire), 0\n"
	"	if not lasting[room] then lasting[room] = call('PEXPIRE', log, ttl) end\n"
	"	if n > most + most / 16 then\n"
	"		drop = n - most\n"
	"	elseif (n % 16 == 0 or #wire * 16 > bytes) and call('MEMORY', 'USAGE', log) > bytes then\n"
	"		drop = math.floor(n / 4)\n"
	"	end\n"
	"	if drop > 0 then shorten(room, log, drop) end\n"
	"end\n"
	"for i = 1, #list, 3 do\n"
	"	local wire = string.format('%.0f ', seq) .. list[i + 2]\n"
	"	local ok, why = pcall(publish, list[i], list[i + 1], wire)\n"
	"	if not ok then failed = type(why) == 'table' and why or redis.error_reply(why) end\n"
	"	seq = seq + 1\n"
	"end\n"
	"return failed\n"
};
#define PUBLISH_ARGS(list, by, number, again) "0 %s %lld %d %lld %lld %lld %b", by, (long long)(number), again, \
	(long long)conf.ws_recovery_events, (long long)conf.ws_recovery_bytes, (long long)room_log_ms(), (list)->p, \
	(list)->n

/* --- MessagePack: the length or number in four bytes, in network order --- */

enum { PACK_ARRAY = 0xdd, PACK_TEXT = 0xdb, PACK_NUMBER = 0xce, WORDS = 3 };

static void
put_word(struct buf *b, unsigned char kind, size_t n)
{
	const unsigned char word[] = { kind, (unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n };

	buf_add(b, word, sizeof(word));
}

void
room_list_begin(struct buf *list, size_t n)
{
	buf_reset(list);
	put_word(list, PACK_ARRAY, n * WORDS);
}

void
room_list_add(struct buf *list, const char *room, int64_t keep_s, struct str tail)
{
	size_t n = strlen(room);

	put_word(list, PACK_TEXT, n);
	buf_add(list, room, n);
	put_word(list, PACK_NUMBER, (size_t)keep_s);
	put_word(list, PACK_TEXT, tail.n);
	buf_add(list, tail.p, tail.n);
}

/* Valid until the next call. The last number of the chain goes to *number. */
static const struct buf *
list_of(const struct room_item *first, size_t n, int64_t *number)
{
	static struct buf list;
	const struct room_item *i;

	room_list_begin(&list, n);
	for (i = first; n > 0; i = i->next, n--) {
		room_list_add(&list, i->room, i->keep_s, (struct str){ i->tail.p, i->tail.n });
		*number = i->n;
	}
	return &list;
}

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
room_script_send(struct room_item *first, size_t n, const char *publisher, void (*on_told)(void *first, int rc))
{
	int64_t number = 0;
	const struct buf *list = list_of(first, n, &number);

	redis_send_eval_told(&publishing, on_told, first, PUBLISH_ARGS(list, publisher, number, 0));
}

int
room_script_run(const struct room_item *i, const char *publisher)
{
	int64_t number = 0;
	const struct buf *list = list_of(i, 1, &number);

	return redis_eval(NULL, &publishing, PUBLISH_ARGS(list, publisher, number, 1));
}

int
room_script_run_all(const struct buf *list, const char *publisher, int64_t number)
{
	return redis_eval(NULL, &publishing, PUBLISH_ARGS(list, publisher, number, 1));
}
