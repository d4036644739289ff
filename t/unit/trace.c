/* trace.c -- traces: traceparents, sampling, the ring of spans, and their JSON. */
#include "base/trace.h"
#include "base/err.h"
#include "base/metric.h"
#include "base/trace_json.h"
#include "base/trace_ring.h"
#include "tap.h"

#define PARENT	"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"

static void
parents(void)
{
	static const char *const bad[] = {
		"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", PARENT "0", PARENT "011", PARENT "0g",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
		"00 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	};
	size_t i;

	ok(trace_parent_ok(PARENT "01"), "a well-formed traceparent is accepted");
	ok(trace_parent_ok("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"), "that of a later version too");
	for (i = 0; i < NELEM(bad); i++)
		ok(!trace_parent_ok(bad[i]), "\"%s\" is refused as a traceparent", bad[i]);
}

static void
spans(void)
{
	struct trace t, below;
	char hex[TRACE_ID_CHARS + 1];

	trace_sampling(0, 0);
	ok(trace_join(&t, PARENT "01"), "a sampled traceparent is joined");
	is_str(trace_hex(hex, t.id, sizeof(t.id)), "4bf92f3577b34da6a3ce929d0e0e4736",
	    "a span has the caller's trace id");
	is_str(trace_hex(hex, t.parent, sizeof(t.parent)), "00f067aa0ba902b7",
	    "a span has the caller's span as parent");
	ok(trace_parent_ok(t.text) && memcmp(t.text, PARENT, 36) == 0 && strcmp(t.text + 52, "-01") == 0 &&
	    memcmp(t.text + 36, PARENT + 36, 16) != 0, "a span's own traceparent keeps the trace and names the span");
	trace_child(&below, &t);
	ok(memcmp(below.id, t.id, sizeof(t.id)) == 0 && memcmp(below.parent, t.span, sizeof(t.span)) == 0,
	    "a child is of its parent's trace");
	ok(!trace_join(&t, PARENT "00"), "a traceparent that is not sampled is not joined");
	ok(!trace_join(&t, NULL) && !trace_join(&t, "x"), "an absent or a malformed one neither");
	trace_sampling(-1, 0);
	ok(!trace_join(&t, PARENT "01") && !trace_sample(PARENT "01"), "off means off, whatever callers ask for");
}

static int
sampled(const char *parent, int of)
{
	int n = 0, i;

	for (i = 0; i < of; i++)
		n += trace_sample(parent);
	return n;
}

static void
sampling(void)
{
	static const struct { const char *text; bool good; double ratio; } ratios[] = {
		{ "off", true, -1 }, { "0", true, 0 }, { "1", true, 1 }, { "0.01", true, 0.01 }, { "1.0", true, 1 },
		{ "", false, 0 }, { "1.1", false, 0 }, { "-1", false, 0 }, { "1%", false, 0 }, { "nan", false, 0 },
		{ "on", false, 0 }, { "0.1.2", false, 0 }, { "1e-2", false, 0 },
	};
	double ratio;
	size_t i;
	int n;

	for (i = 0; i < NELEM(ratios); i++)
		ok(trace_ratio_parse(ratios[i].text, &ratio) == ratios[i].good &&
		    (!ratios[i].good || (ratio > ratios[i].ratio - 1e-9 && ratio < ratios[i].ratio + 1e-9)),
		    "TRACE_SAMPLE_RATIO=%s is %s", ratios[i].text, ratios[i].good ? "accepted" : "refused");
	trace_sampling(1, 0);
	is_int(sampled(NULL, 1000), 1000, "at 1 every request is traced");
	is_int(sampled(PARENT "00", 1000), 0, "even then not what the caller does not trace");
	trace_sampling(0, 0);
	is_int(sampled(NULL, 100000), 0, "at 0 no request is traced");
	is_int(sampled(PARENT "01", 10), 10, "but those whose caller traces them");
	trace_sampling(-1, 0);
	is_int(sampled(NULL, 100000), 0, "off traces none");
	trace_sampling(0.01, 0);
	n = sampled(NULL, 200000);
	ok(n > 1800 && n < 2200, "at 0.01 about one in a hundred is traced (%d of 200000)", n);
	trace_sampling(1, 5);
	n = sampled(NULL, 1000);
	ok(n >= 5 && n <= 10, "TRACE_RATE bounds how many are begun a second (%d)", n);
}

static int wakes;
static void on_record(void) { wakes++; }

static void
record(const char *name)
{
	struct trace t;
	const struct trace_span s = { .trace = &t, .kind = TRACE_SERVER, .step = TRACE_HTTP, .name = name,
	    .start_us = 1000, .end_us = 3500, .request = "r-1", .error = "500" };

	trace_begin(&t, PARENT "01");
	trace_record(&s, JS("url.path", "/x?token=abcdef"), JI("http.response.status_code", 500), JB("yes", true),
	    JS("http.route", "/x/{id}"), JS("absent", NULL), JIF(false, JI("skipped", 1)), JD("share", 0.5));
}

static void
ring(void)
{
	uint64_t *block = calloc(metric_block_words(), sizeof(*block));
	const struct trace_record *r;
	char name[8], last[8] = "";
	int i, n;

	metric_use(block);
	record("lost");
	trace_ring_open(4, true, true, on_record);
	ok(trace_ring_take(TRACE_STORE) == NULL && wakes == 0, "before it is opened, nothing is kept");
	record("a");
	is_int(wakes, 1, "a reader is woken");
	ok((r = trace_ring_take(TRACE_EXPORT)) != NULL && strcmp(r->name, "a") == 0 &&
	    trace_ring_take(TRACE_EXPORT) == NULL, "a reader takes a span once");
	is_int(r->duration_us, 2500, "it has its duration");
	ok(r->start_us / 1000000 > 1600000000, "it starts in time since 1970");
	is_int((int64_t)trace_ring_waiting(TRACE_STORE), 1, "another reader has it still");
	for (i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		record(name);
	}
	is_int((int64_t)trace_ring_waiting(TRACE_STORE), 4, "a reader that is behind has what the ring holds");
	for (n = 0; (r = trace_ring_take(TRACE_STORE)) != NULL; n++)
		snprintf(last, sizeof(last), "%s", r->name);
	is_str(last, "n5", "the newest is kept");
	is_int((int64_t)metric_total(&block, 1, M_TRACE_DROPPED, TRACE_STORE), 3, "the oldest are dropped and counted");
	is_int((int64_t)metric_total(&block, 1, M_TRACE_DROPPED, TRACE_EXPORT), 2, "by reader");
	free(block);
	metric_use(NULL);
}

static void
long_texts(void)
{
	const struct trace_record *r;
	char text[2000];
	struct trace t;
	const struct trace_span s = { .trace = &t, .kind = TRACE_CLIENT, .step = TRACE_SQL, .name = text };

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 158, "\xea\xb0\x80", 3);		/* across the longest name */
	trace_begin(&t, NULL);
	while (trace_ring_take(TRACE_STORE) != NULL)
		;
	trace_record(&s, JS("one", text), JS("two", text), JS("three", text));
	r = trace_ring_take(TRACE_STORE);
	is_int((int64_t)strlen(r->name), 158, "a long name is cut between characters");
	ok(r->n_fields == 3 && strlen(r->fields[0].v.s.p) < TRACE_TEXT_BYTES && r->fields[2].v.s.n == 0,
	    "texts are cut to the room of the record");
}

/* The value at a path of member names and indices. */
static const struct json *
at(const struct json *j, const char *path)
{
	char part[32];
	size_t n;

	for (; *path != '\0' && j != NULL; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		memcpy(part, path, n);
		part[n] = '\0';
		if (json_type(j) == JSON_ARRAY) {
			int i = atoi(part);

			for (j = json_first(j); i > 0; i--)
				j = json_next(j);
		} else {
			j = json_get(j, part);
		}
	}
	return j;
}

static void
json_texts(void)
{
	const struct json_field process[] = { JS("service.name", "dure"), JI("process.pid", 7) };
	const struct trace_record *r;
	struct buf one = { 0 }, body = { 0 };
	const struct json *j = NULL;
	struct arena mem;
	char id[TRACE_ID_CHARS + 1];

	arena_init(&mem, 4096);
	while (trace_ring_take(TRACE_STORE) != NULL)
		;
	record("GET /x/{id}");
	r = trace_ring_take(TRACE_STORE);
	trace_json_span(&one, r, "http 1");
	is_int(json_parse(&mem, one.p, one.n, &j), 0, "a stored span is JSON");
	is_str(json_str(at(j, "traceId")), "4bf92f3577b34da6a3ce929d0e0e4736", "with the trace's id");
	is_str(json_str(at(j, "spanId")), trace_hex(id, r->span, sizeof(r->span)), "its own");
	is_str(json_str(at(j, "parentSpanId")), "00f067aa0ba902b7", "and its parent's");
	is_str(json_str(at(j, "attributes/url.path")), "/x?token=***", "secrets in attributes are masked");
	is_int((int64_t)json_count(at(j, "attributes")), 5, "absent attributes are left out");
	buf_reset(&one);
	trace_json_summary(&one, r);
	ok(strncmp(one.p, "{\"requestId\":\"r-1\",", 19) == 0, "a summary begins with the request's id");
	json_parse(&mem, one.p, one.n, &j);
	ok(strcmp(json_str(at(j, "route")), "/x/{id}") == 0 && json_num(at(j, "status"), 0) == 500 &&
	    json_num(at(j, "durationMs"), 0) == 2.5, "it has route, status and duration");

	buf_reset(&one);
	trace_otlp_span(&one, r);
	trace_otlp_export(&body, "Spans", "spans", &one, "1.2", process, NELEM(process));
	is_int(json_parse(&mem, body.p, body.n, &j), 0, "an export of spans is JSON");
	is_str(json_str(at(j, "resourceSpans/0/resource/attributes/0/value/stringValue")), "dure", "with the process");
	is_str(json_str(at(j, "resourceSpans/0/resource/attributes/1/value/intValue")), "7", "integers are texts");
	j = at(j, "resourceSpans/0/scopeSpans/0/spans/0");
	is_str(json_str(at(j, "name")), "GET /x/{id}", "a span has its name");
	is_int((int64_t)json_num(at(j, "kind"), 0), 2, "its kind as a number");
	is_int((int64_t)json_num(at(j, "status/code"), 0), 2, "the status ERROR where it failed");
	is_int((int64_t)strlen(json_str(at(j, "endTimeUnixNano"))), 19, "times in nanoseconds, as text");
	ok(json_bool(at(j, "attributes/2/value/boolValue"), false), "a boolean attribute");
	ok(json_num(at(j, "attributes/4/value/doubleValue"), 0) == 0.5, "a real one");
	arena_fini(&mem);
	buf_fini(&one);
	buf_fini(&body);
}

static void
logs(void)
{
	static const char line[] = "{\"time\":\"2026-01-31T09:08:07.006Z\",\"level\":\"warn\","
	    "\"service\":\"http 1\",\"pid\":7,"
	    "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"00f067aa0ba902b7\",\"msg\":\"slow \\\"query\\\"\","
	    "\"ms\":1.5,\"list\":[1,2],\"none\":null}";
	struct buf one = { 0 }, body = { 0 };
	const struct json *j = NULL;
	struct arena mem;

	arena_init(&mem, 4096);
	trace_otlp_log(&one, &mem, line, sizeof(line) - 1);
	trace_otlp_export(&body, "Logs", "logRecords", &one, "1.2", NULL, 0);
	is_int(json_parse(&mem, body.p, body.n, &j), 0, "an export of log lines is JSON");
	j = at(j, "resourceLogs/0/scopeLogs/0/logRecords/0");
	is_str(json_str(at(j, "timeUnixNano")), "1769850487006000000", "a record has the line's time");
	is_int((int64_t)json_num(at(j, "severityNumber"), 0), 13, "its severity");
	is_str(json_str(at(j, "body/stringValue")), "slow \"query\"", "its message");
	is_str(json_str(at(j, "traceId")), "4bf92f3577b34da6a3ce929d0e0e4736", "and its trace");
	is_int((int64_t)json_count(at(j, "attributes")), 4, "the other members are attributes, but null");
	is_str(json_str(at(j, "attributes/3/value/stringValue")), "[1,2]", "a list as its text");
	buf_reset(&one);
	trace_otlp_log(&one, &mem, "not JSON", 8);
	trace_otlp_log(&one, &mem, "[1]", 3);
	is_int((int64_t)one.n, 0, "what is no object is left out");
	arena_fini(&mem);
	buf_fini(&one);
	buf_fini(&body);
}

int
main(void)
{
	parents();
	spans();
	sampling();
	ring();
	long_texts();
	json_texts();
	logs();
	return done_testing();
}
