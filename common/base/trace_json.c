/* trace_json.c -- see trace_json.h. */
#include "trace_json.h"

#include <string.h>

#include "mask.h"

static const char *const kinds[] = {
	[TRACE_INTERNAL] = "internal", [TRACE_SERVER] = "server", [TRACE_CLIENT] = "client",
	[TRACE_PRODUCER] = "producer", [TRACE_CONSUMER] = "consumer",
};

static bool
has_parent(const struct trace_record *r)
{
	static const uint8_t none[TRACE_SPAN_BYTES];

	return memcmp(r->parent, none, sizeof(none)) != 0;
}

static void
put_masked(struct buf *out, const char *p, size_t n)
{
	struct buf room = { 0 };

	if (!mask_needed(p, n)) {
		json_put_str(out, p, n);
		return;
	}
	mask_text(&room, p, n);
	json_put_str(out, room.p, room.n);
	buf_fini(&room);
}

static void
put_id(struct buf *out, const char *name, const uint8_t *id, size_t n)
{
	char hex[TRACE_ID_CHARS + 1];

	buf_printf(out, "\"%s\":\"%s\"", name, trace_hex(hex, id, n));
}

static void
put_ids(struct buf *out, const struct trace_record *r)
{
	put_id(out, "traceId", r->id, sizeof(r->id));
	buf_byte(out, ',');
	put_id(out, "spanId", r->span, sizeof(r->span));
	if (!has_parent(r))
		return;
	buf_byte(out, ',');
	put_id(out, "parentSpanId", r->parent, sizeof(r->parent));
}

static void
put_plain_fields(struct buf *out, const struct trace_record *r)
{
	size_t i;

	for (i = 0; i < r->n_fields; i++) {
		const struct json_field *f = &r->fields[i];

		buf_str(out, i > 0 ? "," : "");
		if (f->kind == FIELD_STR) {
			json_put_str(out, f->name, strlen(f->name));
			buf_byte(out, ':');
			put_masked(out, f->v.s.p, f->v.s.n);
		} else {
			json_put_fields(out, f, 1);
		}
	}
}

void
trace_json_span(struct buf *out, const struct trace_record *r, const char *service)
{
	const struct json_field f[] = {
		JS("service", service), JS("step", trace_step_name(r->step)), JS("name", r->name),
		JS("kind", kinds[r->kind]), JI("start", r->start_us), JI("duration", r->duration_us),
		JIF(r->error != NULL, JS("error", r->error)),
	};

	buf_byte(out, '{');
	put_ids(out, r);
	buf_byte(out, ',');
	json_put_fields(out, f, NELEM(f));
	buf_str(out, ",\"attributes\":{");
	put_plain_fields(out, r);
	buf_str(out, "}}");
}

void
trace_json_summary(struct buf *out, const struct trace_record *r)
{
	const struct json_field *route = trace_field(r, "http.route");
	const struct json_field *status = trace_field(r, "http.response.status_code");
	char id[TRACE_ID_CHARS + 1];
	const struct json_field f[] = {
		JS("requestId", r->request), JS("traceId", trace_hex(id, r->id, sizeof(r->id))),
		JS("route", route != NULL ? route->v.s.p : NULL), JI("status", status != NULL ? status->v.i : 0),
		JT("startedAt", r->start_us / 1000), JD("durationMs", (double)r->duration_us / 1e3),
	};

	json_put_obj(out, f, NELEM(f));
}

/* --- OTLP --- */

static void
put_otlp_value(struct buf *out, const struct json_field *f)
{
	char number[NUM_TEXT_BYTES];

	switch (f->kind) {
	case FIELD_INT:
		buf_printf(out, "{\"intValue\":\"%lld\"}", (long long)f->v.i);
		return;
	case FIELD_NUM:
		buf_printf(out, "{\"doubleValue\":%s}", num_text(number, f->v.d));
		return;
	case FIELD_BOOL:
		buf_printf(out, "{\"boolValue\":%s}", f->v.i ? "true" : "false");
		return;
	default:
		buf_str(out, "{\"stringValue\":");
		put_masked(out, f->v.s.p != NULL ? f->v.s.p : "", f->v.s.n);
		buf_byte(out, '}');
	}
}

static void
put_otlp_fields(struct buf *out, const struct json_field *f, size_t n)
{
	const char *comma = "";
	size_t i;

	buf_str(out, "\"attributes\":[");
	for (i = 0; i < n; i++) {
		if (f[i].kind == FIELD_SKIP)
			continue;
		buf_printf(out, "%s{\"key\":", comma);
		json_put_str(out, f[i].name, strlen(f[i].name));
		buf_str(out, ",\"value\":");
		put_otlp_value(out, &f[i]);
		buf_byte(out, '}');
		comma = ",";
	}
	buf_byte(out, ']');
}

void
trace_otlp_span(struct buf *out, const struct trace_record *r)
{
	enum { ERROR = 2, SAMPLED = 1 };

	buf_byte(out, '{');
	put_ids(out, r);
	buf_printf(out, ",\"flags\":%d,\"name\":", SAMPLED);
	json_put_str(out, r->name, strlen(r->name));
	buf_printf(out, ",\"kind\":%d,\"startTimeUnixNano\":\"%lld000\",\"endTimeUnixNano\":\"%lld000\",", (int)r->kind,
	    (long long)r->start_us, (long long)(r->start_us + r->duration_us));
	put_otlp_fields(out, r->fields, r->n_fields);
	if (r->error != NULL) {
		buf_printf(out, ",\"status\":{\"code\":%d,\"message\":", ERROR);
		json_put_str(out, r->error, strlen(r->error));
		buf_byte(out, '}');
	}
	buf_byte(out, '}');
}

/* The numbers of the log data model. */
static int
severity(const char *level)
{
	static const struct { const char *level; int number; } numbers[] = {
		{ "debug", 5 }, { "info", 9 }, { "warn", 13 }, { "error", 17 },
	};
	size_t i;

	for (i = 0; i < NELEM(numbers); i++)
		if (level != NULL && strcmp(numbers[i].level, level) == 0)
			return numbers[i].number;
	return 0;
}

/* Of the members of a log line those that a LogRecord has a place of its own for. */
static bool
is_placed(const char *name)
{
	static const char *const placed[] = { "time", "level", "msg", "traceId", "spanId", "environment" };
	size_t i;

	for (i = 0; i < NELEM(placed); i++)
		if (strcmp(placed[i], name) == 0)
			return true;
	return false;
}

static struct json_field
log_field(struct arena *mem, const struct json *v)
{
	int64_t i;

	switch (json_type(v)) {
	case JSON_STRING: return JS(json_name(v), json_str(v));
	case JSON_BOOL:	  return JB(json_name(v), json_bool(v, false));
	case JSON_NUMBER: return json_int(v, &i) ? JI(json_name(v), i) : JD(json_name(v), json_num(v, 0));
	default:	  return JN(json_name(v), json_text(mem, v));
	}
}

static void
put_log_fields(struct buf *out, struct arena *mem, const struct json *line)
{
	struct json_field *f = arena_alloc(mem, (json_count(line) + 1) * sizeof(*f));
	const struct json *v;
	size_t n = 0;

	for (v = json_first(line); v != NULL; v = json_next(v))
		if (!is_placed(json_name(v)) && json_type(v) != JSON_NULL)
			f[n++] = log_field(mem, v);
	put_otlp_fields(out, f, n);
}

void
trace_otlp_log(struct buf *out, struct arena *mem, const char *text, size_t n)
{
	const char *time, *level, *msg, *trace, *span;
	const struct json *line;
	int64_t ms = 0;

	if (json_parse(mem, text, n, &line) < 0 || json_type(line) != JSON_OBJECT)
		return;
	time = json_str(json_get(line, "time"));
	level = json_str(json_get(line, "level"));
	msg = json_str(json_get(line, "msg"));
	trace = json_str(json_get(line, "traceId"));
	span = json_str(json_get(line, "spanId"));
	if (time == NULL || !time_parse(time, &ms))
		ms = now_ms();
	buf_printf(out, "{\"timeUnixNano\":\"%lld000000\",\"severityNumber\":%d,\"severityText\":\"%s\",",
	    (long long)ms, severity(level), severity(level) > 0 ? level : "");
	buf_str(out, "\"body\":{\"stringValue\":");
	json_put_str(out, msg != NULL ? msg : "", msg != NULL ? strlen(msg) : 0);
	buf_str(out, "},");
	if (trace != NULL && span != NULL)
		buf_printf(out, "\"traceId\":\"%s\",\"spanId\":\"%s\",\"flags\":1,", trace, span);
	put_log_fields(out, mem, line);
	buf_byte(out, '}');
}

void
trace_otlp_export(struct buf *out, const char *kind, const char *member, const struct buf *list, const char *version,
    const struct json_field *f, size_t n)
{
	buf_printf(out, "{\"resource%s\":[{\"resource\":{", kind);
	put_otlp_fields(out, f, n);
	buf_printf(out, "},\"scope%s\":[{\"scope\":{\"name\":\"dure\",\"version\":", kind);
	json_put_str(out, version, strlen(version));
	buf_printf(out, "},\"%s\":[", member);
	buf_add(out, list->p, list->n);
	buf_str(out, "]}]}]}");
}
