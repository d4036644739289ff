/* trace_store.c -- see trace_store.h. Yields: all of them. */
#include "trace_store.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "link/redis.h"

enum { SLOW_US = 100000, SHARE_PERCENT = 20 };		/* what makes a span a bottleneck */
enum { PAGE = 200, SCAN_MAX = 2000 };

/* A stored span; texts are in the arena. */
struct stored_span {
	const struct json	*json;
	const char		*id, *parent, *step, *name;	/* parent NULL: none */
	int64_t			 start_us, duration_us;
	int64_t			 own_us;	/* without what its children took */
};

/* --- One trace --- */

static bool
read_span(struct arena *mem, struct str text, struct stored_span *s)
{
	if (json_parse(mem, text.p, text.n, &s->json) < 0)
		return false;
	s->id = json_str(json_get(s->json, "spanId"));
	s->parent = json_str(json_get(s->json, "parentSpanId"));
	s->step = json_str(json_get(s->json, "step"));
	s->name = json_str(json_get(s->json, "name"));
	return s->id != NULL && s->step != NULL && s->name != NULL &&
	    json_int(json_get(s->json, "start"), &s->start_us) &&
	    json_int(json_get(s->json, "duration"), &s->duration_us);
}

static int
by_start(const void *a, const void *b)
{
	const struct stored_span *x = a, *y = b;

	if (x->start_us != y->start_us)
		return x->start_us < y->start_us ? -1 : 1;
	return x->duration_us > y->duration_us ? -1 : x->duration_us < y->duration_us;
}

static int64_t
overlap_us(const struct stored_span *a, const struct stored_span *b)
{
	int64_t from = a->start_us > b->start_us ? a->start_us : b->start_us;
	int64_t a_end = a->start_us + a->duration_us, b_end = b->start_us + b->duration_us;
	int64_t to = a_end < b_end ? a_end : b_end;

	return to > from ? to - from : 0;
}

static void
find_own_times(struct stored_span *v, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		v[i].own_us = v[i].duration_us;
		for (k = 0; k < n; k++)
			if (v[k].parent != NULL && strcmp(v[k].parent, v[i].id) == 0)
				v[i].own_us -= overlap_us(&v[i], &v[k]);
		v[i].own_us = v[i].own_us > 0 ? v[i].own_us : 0;
	}
}

static void
put_timeline(struct arena *mem, struct buf *out, const struct stored_span *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct str entry = json_obj(mem, JS("step", v[i].step), JT("timestamp", v[i].start_us / 1000),
		    JS("operation", v[i].name), JD("duration", (double)v[i].duration_us / 1e3),
		    JR("details", json_text(mem, json_get(v[i].json, "attributes"))), JS("spanId", v[i].id));

		buf_str(out, i > 0 ? "," : "");
		buf_add(out, entry.p, entry.n);
	}
}

/* Times are from the start of the trace, so that a waterfall needs no clock. */
static void
put_spans(struct arena *mem, struct buf *out, const struct stored_span *v, size_t n)
{
	const char *error;
	size_t i;

	for (i = 0; i < n; i++) {
		struct str entry;

		error = json_str(json_get(v[i].json, "error"));
		entry = json_obj(mem, JS("spanId", v[i].id), JIF(v[i].parent != NULL, JS("parentSpanId", v[i].parent)),
		    JS("service", json_str(json_get(v[i].json, "service"))), JS("step", v[i].step),
		    JS("name", v[i].name), JS("kind", json_str(json_get(v[i].json, "kind"))),
		    JI("start", v[i].start_us - v[0].start_us), JI("duration", v[i].duration_us),
		    JIF(error != NULL, JS("error", error)));
		buf_str(out, i > 0 ? "," : "");
		buf_add(out, entry.p, entry.n);
	}
}

/* The spans that take a good part of the whole themselves, or long in any case; the latest to end is the whole. */
static void
put_bottlenecks(struct arena *mem, struct buf *out, const struct stored_span *v, size_t n, int64_t total_us)
{
	const char *comma = "";
	size_t i;

	for (i = 0; i < n; i++) {
		struct str entry;

		if (v[i].own_us < SLOW_US && v[i].own_us * 100 < total_us * SHARE_PERCENT)
			continue;
		entry = json_obj(mem, JS("step", v[i].step), JS("operation", v[i].name),
		    JD("duration", (double)v[i].own_us / 1e3),
		    JI("percent", total_us > 0 ? v[i].own_us * 100 / total_us : 100), JS("spanId", v[i].id));
		buf_str(out, comma);
		buf_add(out, entry.p, entry.n);
		comma = ",";
	}
}

static int64_t
whole_us(const struct stored_span *v, size_t n)
{
	int64_t end = v[0].start_us;
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].start_us + v[i].duration_us > end)
			end = v[i].start_us + v[i].duration_us;
	return end - v[0].start_us;
}

static struct str
as_array(struct arena *mem, struct buf *b)
{
	struct buf out = { 0 };

	buf_byte(&out, '[');
	buf_add(&out, b->p, b->n);
	buf_byte(&out, ']');
	buf_fini(b);
	return buf_to_arena(mem, &out);
}

static struct str
describe_trace(struct arena *mem, const char *request_id, const char *trace_id, struct stored_span *v, size_t n)
{
	struct buf timeline = { 0 }, spans = { 0 }, bottlenecks = { 0 };
	int64_t total_us = whole_us(v, n);

	find_own_times(v, n);
	put_timeline(mem, &timeline, v, n);
	put_spans(mem, &spans, v, n);
	put_bottlenecks(mem, &bottlenecks, v, n, total_us);
	return json_obj(mem, JS("requestId", request_id), JS("traceId", trace_id),
	    JT("startedAt", v[0].start_us / 1000), JR("timeline", as_array(mem, &timeline)),
	    JD("totalDuration", (double)total_us / 1e3), JR("bottlenecks", as_array(mem, &bottlenecks)),
	    JR("spans", as_array(mem, &spans)));
}

int
trace_store_read(struct arena *mem, const char *request_id, struct str *json)
{
	struct stored_span *v;
	struct redis_reply r, id;
	size_t n = 0, i;
	int rc;

	if ((rc = redis_cmd(&id, "GET trace:request:%s", request_id)) < 0)
		return rc;
	if (id.type != REDIS_STR)
		return E_TRACE;
	if ((rc = redis_cmd(&r, "LRANGE trace:spans:%s 0 -1", id.s.p)) < 0)
		return rc;
	v = arena_zalloc(mem, (r.n + 1) * sizeof(*v));
	for (i = 0; r.type == REDIS_ARRAY && i < r.n; i++)
		n += read_span(mem, r.v[i].s, &v[n]);
	if (n == 0)
		return E_TRACE;
	qsort(v, n, sizeof(*v), by_start);
	*json = describe_trace(mem, request_id, id.s.p, v, n);
	return 0;
}

/* --- The newest --- */

static bool
is_wanted(const struct trace_filter *f, const struct json *summary)
{
	const char *route = json_str(json_get(summary, "route"));

	if (f->route != NULL && (route == NULL || strstr(route, f->route) == NULL))
		return false;
	return json_num(json_get(summary, "durationMs"), 0) >= (double)f->min_ms;
}

/* Append the wanted of one page of ids, *listed of them so far. */
static int
list_page(struct arena *mem, const struct trace_filter *f, const struct redis_reply *ids, struct buf *out,
    int64_t *listed)
{
	struct redis_reply *replies = arena_zalloc(mem, 2 * ids->n * sizeof(*replies) + 1);
	struct redis_batch *b = redis_batch();
	const struct json *summary;
	size_t i;
	int rc;

	for (i = 0; i < ids->n; i++) {
		redis_add(b, "HGET trace:summaries %s", ids->v[i].s.p);
		redis_add(b, "LLEN trace:spans:%s", ids->v[i].s.p);
	}
	if ((rc = redis_run(b, replies)) < 0)
		return rc;
	for (i = 0; i < ids->n && *listed < f->limit; i++) {
		struct str text = replies[2 * i].s;
		int64_t spans = replies[2 * i + 1].i;

		if (replies[2 * i].type != REDIS_STR || spans == 0 || json_parse(mem, text.p, text.n, &summary) < 0 ||
		    !is_wanted(f, summary))
			continue;
		buf_str(out, (*listed)++ > 0 ? "," : "");
		buf_add(out, text.p, text.n - 1);		/* without its brace */
		buf_printf(out, ",\"spans\":%lld}", (long long)spans);
	}
	return 0;
}

int
trace_store_list(struct arena *mem, const struct trace_filter *f, struct str *list)
{
	int64_t listed = 0, from;
	struct buf out = { 0 };
	struct redis_reply ids;
	int rc = 0;

	for (from = 0; from < SCAN_MAX && listed < f->limit; from += PAGE) {
		if ((rc = redis_cmd(&ids, "ZREVRANGE trace:ids %lld %lld", (long long)from,
		    (long long)from + PAGE - 1)) < 0 || ids.type != REDIS_ARRAY || ids.n == 0 ||
		    (rc = list_page(mem, f, &ids, &out, &listed)) < 0)
			break;
	}
	*list = as_array(mem, &out);
	return rc;
}
