/* otlp.c -- see otlp.h. Yields: the exporter, otlp_last. */
#include "otlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "base/metric_otlp.h"
#include "base/trace_json.h"
#include "base/version.h"
#include "link/web.h"
#include "run/co.h"
#include "run/loop.h"

enum { EXPORTED_SPANS = 2, LOST_SPANS = TRACE_READERS + 1 };	/* cells of M_TRACE_SPANS and M_TRACE_DROPPED */
enum { LOGS_EXPORTED, LOGS_DROPPED };				/* of M_OTLP_LOGS */
enum { RETRY_MS = 500, RETRY_MAX_MS = 5000, LAST_MS = 1000, ANSWER_MAX = 4096, HEADERS_MAX = 16, HOST_BYTES = 256 };

enum signal { SPANS, LOGS, METRICS, SIGNALS };
static const struct {
	const char	*path, *kind, *member;
} signals[SIGNALS] = {
	[SPANS] = { "/v1/traces", "Spans", "spans" },
	[LOGS] = { "/v1/logs", "Logs", "logRecords" },
	[METRICS] = { "/v1/metrics", "Metrics", "metrics" },
};

static struct {
	bool		 on;
	void		(*on_log)(void);
	enum log_level	 level;			/* of log lines, from here on */
	char		 host[HOST_BYTES], instance[HOST_BYTES + 64];
	char		*url[SIGNALS];
	const char	*headers[HEADERS_MAX + 2];	/* ends with NULL */

	char		**lines;		/* the ring of log lines, NULL: no logs */
	size_t		 n_lines, first_line;

	void		(*put_metrics)(struct buf *text);	/* NULL: not of this process */
	struct loop_timer metrics_timer;
	bool		 metrics_due;
	int64_t		 metrics_since_ms;

	bool		 busy;			/* an exporter runs */
	struct co	*pausing;		/* the exporter, between two attempts */
	bool		 last;			/* the process ends: one attempt for each batch */
	bool		 complained;
	int64_t		 lost;			/* lines and spans of failed exports, since the warning */
	uint64_t	 lost_before;		/* spans that the ring had lost then */
	struct co_gate	 idle;
} self;

/* --- Log lines --- */

static void
on_line(enum log_level level, const char *msg, const char *line, size_t n)
{
	size_t most = (size_t)conf.otlp_logs_queue;
	char *copy;

	(void)msg;
	if (level < self.level)
		return;
	if (self.n_lines == most) {
		free(self.lines[self.first_line]);
		self.first_line = (self.first_line + 1) % most;
		self.n_lines--;
		self.lost++;
		metric_add(M_OTLP_LOGS, LOGS_DROPPED, 1);
	}
	if ((copy = malloc(n + 1)) == NULL)
		abort();
	memcpy(copy, line, n);
	copy[n] = '\0';
	self.lines[(self.first_line + self.n_lines++) % most] = copy;
	self.on_log();
}

static char *
take_line(void)
{
	char *line = self.lines[self.first_line];

	self.first_line = (self.first_line + 1) % (size_t)conf.otlp_logs_queue;
	self.n_lines--;
	return line;
}

/* --- Batches --- */

static size_t
put_spans(struct buf *list)
{
	const struct trace_record *r;
	size_t n = 0;

	while (n < (size_t)conf.trace_batch && (r = trace_ring_take(TRACE_EXPORT)) != NULL) {
		buf_str(list, n++ > 0 ? "," : "");
		trace_otlp_span(list, r);
	}
	return n;
}

static size_t
put_logs(struct buf *list)
{
	struct arena mem;
	size_t n = 0, was;
	char *line;

	arena_init(&mem, 4096);
	while (n < (size_t)conf.trace_batch && self.n_lines > 0) {
		line = take_line();
		was = list->n;
		buf_str(list, n > 0 ? "," : "");
		trace_otlp_log(list, &mem, line, strlen(line));
		n += list->n > was + (n > 0);
		free(line);
		arena_reset(&mem);
	}
	arena_fini(&mem);
	return n;
}

static size_t
put_metrics(struct buf *list)
{
	struct buf text = { 0 };
	size_t n;

	self.metrics_due = false;
	self.put_metrics(&text);
	n = metric_otlp(list, text.p, text.n, self.metrics_since_ms, now_ms());
	buf_fini(&text);
	return n;
}

static size_t
waiting(enum signal s)
{
	switch (s) {
	case SPANS:
		return trace_ring_waiting(TRACE_EXPORT);
	case LOGS:
		return self.n_lines;
	default:
		return self.metrics_due;
	}
}

static bool
any_waiting(void)
{
	return waiting(SPANS) > 0 || waiting(LOGS) > 0 || waiting(METRICS) > 0;
}

/* The next batch as the body of an export, in *body. Returns how many are in it. */
static size_t
next_batch(enum signal s, struct buf *body)
{
	const struct json_field process[] = {
		JS("service.name", conf.otel_service_name), JS("service.version", dure_version),
		JS("service.instance.id", self.instance), JS("host.name", self.host), JI("process.pid", getpid()),
		JS("deployment.environment.name", conf.env),
	};
	struct buf list = { 0 };
	size_t n = s == SPANS ? put_spans(&list) : s == LOGS ? put_logs(&list) : put_metrics(&list);

	trace_otlp_export(body, signals[s].kind, signals[s].member, &list, dure_version, process, NELEM(process));
	buf_fini(&list);
	return n;
}

/* Metrics of the next interval say what lost ones would have said. */
static void
count_batch(enum signal s, size_t n, bool exported)
{
	if (s == METRICS)
		return;
	if (s == SPANS && exported)
		metric_add(M_TRACE_SPANS, EXPORTED_SPANS, n);
	else if (s == SPANS)
		metric_add(M_TRACE_DROPPED, LOST_SPANS, n);
	else
		metric_add(M_OTLP_LOGS, exported ? LOGS_EXPORTED : LOGS_DROPPED, n);
	self.lost += exported ? 0 : (int64_t)n;
}

/* --- Export --- */

static int
send_body(enum signal s, const struct buf *body, int *status)
{
	struct web_answer a = { 0 };
	int rc = web_call(&(struct web_call){ .method = "POST", .url = self.url[s], .headers = self.headers,
	    .body = { body->p, body->n }, .timeout_ms = self.last ? LAST_MS : conf.otlp_timeout_ms,
	    .answer_max = ANSWER_MAX, .quiet = true }, &a);

	*status = a.status;
	if (rc < 0)
		return rc;
	if (a.status == 429 || a.status >= 502)
		return E_BUSY;
	return a.status >= 200 && a.status < 300 ? 0 : E_VALIDATION;
}

static void
complain(int rc, int status)
{
	if (self.complained)
		return;
	self.complained = true;
	self.lost_before = trace_ring_lost(TRACE_EXPORT);
	log_warn("the collector does not take telemetry", JS("error", err_row(rc)->code),
	    JIF(status > 0, JI("status", status)));
}

static void
praise(void)
{
	if (!self.complained)
		return;
	self.complained = false;
	log_info("the collector takes telemetry again",
	    JI("lost", self.lost + (int64_t)(trace_ring_lost(TRACE_EXPORT) - self.lost_before)));
	self.lost = 0;
}

/* Send a batch until the collector has taken or refused it. Meanwhile the queues fill up. */
static void
export_batch(enum signal s)
{
	int64_t pause_ms = RETRY_MS;
	struct buf body = { 0 };
	size_t n = next_batch(s, &body);
	int rc, status;

	while ((rc = send_body(s, &body, &status)) < 0) {
		complain(rc, status);
		if (rc == E_VALIDATION || rc == E_CANCELED || self.last)
			break;
		self.pausing = co_self();
		rc = co_sleep(pause_ms);
		self.pausing = NULL;
		pause_ms = pause_ms * 2 < RETRY_MAX_MS ? pause_ms * 2 : RETRY_MAX_MS;
	}
	count_batch(s, n, rc == 0);
	if (rc == 0)
		praise();
	buf_fini(&body);
}

/* While one kind is sent, more of the other may have come. */
static void
run_export(void *arg)
{
	int s;

	(void)arg;
	for (s = SPANS; any_waiting(); s = (s + 1) % SIGNALS)
		if (waiting((enum signal)s) > 0)
			export_batch((enum signal)s);
	self.busy = false;
	co_gate_wake_all(&self.idle);
}

void
otlp_export(void)
{
	if (!self.on || self.busy || !any_waiting())
		return;
	self.busy = true;
	co_spawn(run_export, NULL, 0);
}

void
otlp_last(void)
{
	if (!self.on)
		return;
	self.last = true;
	if (self.pausing != NULL)
		co_wake(self.pausing);
	otlp_export();
	if (self.busy)
		(void)co_gate_wait(&self.idle, LAST_MS);
}

static void
on_metrics_time(struct loop_timer *t)
{
	(void)t;
	self.metrics_due = true;
	otlp_export();
}

void
otlp_metrics(void (*put)(struct buf *text), int64_t since_ms)
{
	if (!self.on || conf.otlp_metrics_ms == 0)
		return;
	self.put_metrics = put;
	self.metrics_since_ms = since_ms;
	loop_timer_init(&self.metrics_timer, on_metrics_time, NULL);
	loop_timer_start(&self.metrics_timer, conf.otlp_metrics_ms, conf.otlp_metrics_ms);
}

bool
otlp_on(void)
{
	return self.on;
}

/* --- Start --- */

static char *
join_texts(const char *a, size_t n, const char *between, const char *b)
{
	struct buf text = { 0 };

	buf_add(&text, a, n);
	buf_str(&text, between);
	buf_str(&text, b);
	buf_byte(&text, '\0');
	return text.p;
}

/* "name=value,name=value", URL-encoded, as "name: value". */
static void
read_headers(const char *list)
{
	size_t n = 0, bytes;
	char *value, *eq;

	self.headers[n++] = "Content-Type: application/json";
	for (; *list != '\0' && n <= HEADERS_MAX; list += strspn(list, ", ")) {
		char *pair = join_texts(list, strcspn(list, ","), "", "");

		list += strlen(pair);
		if ((eq = strchr(pair, '=')) != NULL) {
			*eq = '\0';
			value = eq + 1;
			bytes = strlen(value);
			if (url_decode(value, &bytes, false))
				value[bytes] = '\0';
			if (strpbrk(pair, "\r\n: ") == NULL && strpbrk(value, "\r\n") == NULL)
				self.headers[n++] = join_texts(pair, strlen(pair), ": ", value);
		}
		free(pair);
	}
	self.headers[n] = NULL;
}

void
otlp_start(const char *service, void (*on_log)(void))
{
	size_t n = strlen(conf.otlp_endpoint), i;

	if ((self.on = n > 0) == false)
		return;
	self.on_log = on_log;
	while (n > 0 && conf.otlp_endpoint[n - 1] == '/')
		n--;
	for (i = 0; i < SIGNALS; i++)
		self.url[i] = join_texts(conf.otlp_endpoint, n, signals[i].path, "");
	gethostname(self.host, sizeof(self.host) - 1);
	snprintf(self.instance, sizeof(self.instance), "%s/%s", self.host, service);
	read_headers(conf.otlp_headers);
	if (!log_level_parse(conf.otlp_logs_level, &self.level))
		return;			/* off */
	if ((self.lines = calloc((size_t)conf.otlp_logs_queue, sizeof(*self.lines))) == NULL)
		abort();
	log_tap(on_line);
}
