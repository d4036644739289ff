/* trace_flush.c -- see trace_flush.h. Yields: trace_flush_last. */
#include "trace_flush.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/metric.h"
#include "base/trace_json.h"
#include "link/redis.h"
#include "otlp.h"
#include "run/co.h"
#include "run/loop.h"

enum { RECORDED, STORED };				/* cells of M_TRACE_SPANS */
enum { STORE_FAILED = TRACE_READERS };			/* of M_TRACE_DROPPED */
enum { LAST_MS = 500 };

static struct {
	const char	*service;
	struct loop_timer timer;
	size_t		 sent;			/* batches that Redis has not answered yet */
	struct co_gate	 answered;
} self;

/* ARGV: traces to keep, seconds to live, spans a trace; then a JSON array of [traceId, requestId or "", summary or "",
 * span]. The request of a trace that is forgotten is found in its summary. */
static struct redis_script storing = { .text =
	"local keep, ttl, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
	"local t = redis.call('TIME')\n"
	"local now = tonumber(t[1]) + tonumber(t[2]) / 1000000\n"
	"local function forget(id)\n"
	"	local s = redis.call('HGET', 'trace:summaries', id)\n"
	"	local request = s and string.match(s, '^{\"requestId\":\"([^\"]*)\"')\n"
	"	if request then redis.call('DEL', 'trace:request:' .. request) end\n"
	"	redis.call('HDEL', 'trace:summaries', id)\n"
	"	redis.call('DEL', 'trace:spans:' .. id)\n"
	"	redis.call('ZREM', 'trace:ids', id)\n"
	"end\n"
	"for _, v in ipairs(cjson.decode(ARGV[4])) do\n"
	"	local id, list = v[1], 'trace:spans:' .. v[1]\n"
	"	redis.call('ZADD', 'trace:ids', 'NX', string.format('%.6f', now), id)\n"
	"	if redis.call('RPUSH', list, v[4]) > most then redis.call('RPOP', list) end\n"
	"	redis.call('EXPIRE', list, ttl)\n"
	"	if v[2] ~= '' then\n"
	"		redis.call('SET', 'trace:request:' .. v[2], id, 'EX', ttl)\n"
	"		redis.call('HSET', 'trace:summaries', id, v[3])\n"
	"	end\n"
	"end\n"
	"redis.call('EXPIRE', 'trace:ids', ttl)\n"
	"redis.call('EXPIRE', 'trace:summaries', ttl)\n"
	"for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'trace:ids', '-inf', now - ttl, 'LIMIT', 0, 500)) do\n"
	"	forget(id)\n"
	"end\n"
	"local over = redis.call('ZCARD', 'trace:ids') - keep\n"
	"if over > 0 then\n"
	"	for _, id in ipairs(redis.call('ZRANGE', 'trace:ids', 0, math.min(over, 500) - 1)) do forget(id) end\n"
	"end\n" };

static void
put_entry(struct buf *out, const struct trace_record *r)
{
	struct buf part = { 0 };
	char id[TRACE_ID_CHARS + 1];

	buf_printf(out, "[\"%s\",", trace_hex(id, r->id, sizeof(r->id)));
	json_put_str(out, r->request != NULL ? r->request : "", r->request != NULL ? strlen(r->request) : 0);
	buf_byte(out, ',');
	if (r->request != NULL)
		trace_json_summary(&part, r);
	json_put_str(out, part.p != NULL ? part.p : "", part.n);
	buf_byte(out, ',');
	buf_reset(&part);
	trace_json_span(&part, r, self.service);
	json_put_str(out, part.p, part.n);
	buf_byte(out, ']');
	buf_fini(&part);
}

static void
on_stored(void *arg, int rc)
{
	size_t n = (size_t)(uintptr_t)arg;

	if (rc == 0)
		metric_add(M_TRACE_SPANS, STORED, n);
	else
		metric_add(M_TRACE_DROPPED, STORE_FAILED, n);
	if (--self.sent == 0)
		co_gate_wake_all(&self.answered);
}

/* One batch. What Redis does not take is dropped. */
static void
store_batch(void)
{
	const struct trace_record *r;
	struct buf list = { 0 };
	size_t n = 0;

	buf_byte(&list, '[');
	while (n < (size_t)conf.trace_batch && (r = trace_ring_take(TRACE_STORE)) != NULL) {
		buf_str(&list, n++ > 0 ? "," : "");
		put_entry(&list, r);
	}
	buf_byte(&list, ']');
	self.sent++;
	redis_send_eval_told(&storing, on_stored, (void *)(uintptr_t)n, "0 %lld %lld %lld %b",
	    (long long)conf.trace_keep, (long long)conf.trace_ttl_s, (long long)conf.trace_spans, list.p, list.n);
	buf_fini(&list);
}

static void
on_time(struct loop_timer *t)
{
	(void)t;
	while (trace_ring_waiting(TRACE_STORE) > 0)
		store_batch();
	otlp_export();
}

/* Wait for more spans, but no longer than TRACE_FLUSH_MS and not beyond a batch or half the ring. */
static void
on_record(void)
{
	size_t most = (size_t)(conf.trace_batch < conf.trace_queue / 2 ? conf.trace_batch : conf.trace_queue / 2);

	if (trace_ring_waiting(TRACE_STORE) == most || trace_ring_waiting(TRACE_EXPORT) == most)
		loop_timer_start(&self.timer, 0, 0);
	else if (!loop_timer_active(&self.timer))
		loop_timer_start(&self.timer, conf.trace_flush_ms, 0);
}

void
trace_flush_start(const char *service, bool store)
{
	double ratio;

	self.service = service;
	loop_timer_init(&self.timer, on_time, NULL);
	trace_ratio_parse(conf.trace_sample_ratio, &ratio);
	trace_sampling(ratio, conf.trace_rate);
	otlp_start(service, on_record);
	if (ratio >= 0)
		trace_ring_open((size_t)conf.trace_queue, store && conf.trace_keep > 0, otlp_on(), on_record);
}

void
trace_flush_last(void)
{
	on_time(&self.timer);
	if (self.sent > 0)
		(void)co_gate_wait(&self.answered, LAST_MS);
	otlp_last();
}
