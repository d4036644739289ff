/* cmd_doctor.c -- `dure doctor [--json] [--timeout SECONDS]`: what is wrong, why, and what to do, whatever is away.
 *
 * Exit status: 0 nothing to do, 1 warnings, 2 failures; notes do not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/grid.h"
#include "base/str.h"
#include "base/version.h"
#include "cmd.h"
#include "doctor.h"
#include "doctor_probe.h"
#include "link/kafka.h"

enum { TIMEOUT_S = 10, HOST_BYTES = 256 };

static bool
has_replica(void)
{
	return *conf.database_replica_url != '\0';
}

/* Without a master an embedded broker is not there, which is no fault of its own. */
static bool
has_brokers(void)
{
	return !kafka_embedded() || cmd_embedded_broker();
}

/* In the order of the report: causes before what follows from them. */
static const struct probe probes[] = {
	{ .name = "postgres", .run = doctor_postgres, .severity = SEVERITY_FAILURE,
	    .away = "PostgreSQL cannot be used", .heading = "PostgreSQL is gone" },
	{ .name = "replica", .run = doctor_replica, .wanted = has_replica, .severity = SEVERITY_WARNING,
	    .away = "The replica cannot be used", .heading = "The replica is behind" },
	{ .name = "redis", .run = doctor_redis, .severity = SEVERITY_FAILURE,
	    .away = "Redis cannot be used", .heading = "Redis is gone" },
	{ .name = "kafka", .run = doctor_kafka, .wanted = has_brokers, .severity = SEVERITY_FAILURE,
	    .away = "Kafka cannot be used", .heading = "Kafka is gone" },
	{ .name = "server", .run = doctor_server },
	{ .name = "host", .run = doctor_host },
};
_Static_assert(NELEM(probes) <= PROBES_MAX, "more probes than PROBES_MAX");

static const struct check hangs = { .name = "doctor.timeout", .warn = 1, .fail = NEVER,
    .message = "A probe has not ended in time",
    .advice = "Run it again with a longer --timeout; strace -f shows what it waits for",
    .heading = "The server does not answer" };

static struct {
	bool	 json;
	int64_t	 timeout_s;
	int64_t	 began_ms;
	struct arena mem;
	struct buf connections, metrics, cache;		/* members of objects */
	struct buf bottlenecks, recommendations, cache_advice;		/* elements of arrays */
	struct buf findings[SEVERITIES], text[SEVERITIES];		/* by severity */
	struct grid stores;
	int	 n[SEVERITIES];
} run = { .timeout_s = TIMEOUT_S };

static void
put_element(struct buf *b, struct str json)
{
	if (b->n > 0)
		buf_byte(b, ',');
	buf_add(b, json.p, json.n);
}

static void
put_member(struct buf *b, const char *name, struct str json)
{
	struct json_field f = JR(name, json);

	if (b->n > 0)
		buf_byte(b, ',');
	json_put_fields(b, &f, 1);
}

static void
take_connection(const struct json *c)
{
	const char *store = json_str(json_get(c, "store")), *error = json_str(json_get(c, "error"));
	bool connected = json_bool(json_get(c, "connected"), false);
	struct buf b = { 0 };
	struct json_field f[] = { JB("connected", connected), JR("latency", json_text(&run.mem, json_get(c,
	    "latency"))),
		JS("error", error), JR("suggestions", json_text(&run.mem, json_get(c, "suggestions"))) };

	json_put_obj(&b, f, NELEM(f));
	put_member(&run.connections, store, buf_to_arena(&run.mem, &b));
	grid_add(&run.stores, store, connected ? "yes" : "no", connected ? json_text(&run.mem, json_get(c,
	    "latency")).p : "-",
	    error != NULL ? error : "", NULL);
}

/* Each line of the advice as an element. */
static void
put_lines(struct buf *b, const char *advice)
{
	size_t n;

	for (; *advice != '\0'; advice += n + (advice[n] == '\n')) {
		n = strcspn(advice, "\n");
		put_element(b, json_value(&run.mem, arena_printf(&run.mem, "%.*s", (int)n, advice)));
	}
}

static void
put_finding(struct buf *b, const struct json *f, const char *severity, const char *advice)
{
	buf_printf(b, "\n%-7s %s\n        ", severity, json_str(json_get(f, "message")));
	for (; *advice != '\0'; advice++)
		if (*advice == '\n')
			buf_str(b, "\n        ");
		else
			buf_byte(b, *advice);
	buf_printf(b, "\n        etc/doc/failures.md: %s (%s)\n", json_str(json_get(f, "heading")),
	    json_str(json_get(f, "check")));
}

/* The speed's and the cache's advice also stands in the parts of the report that are about them. */
static void
take_finding(const struct json *f)
{
	const char *severity = json_str(json_get(f, "severity")), *kind = json_str(json_get(f, "kind"));
	const char *advice = json_str(json_get(f, "advice"));
	int s;

	for (s = 0; s < SEVERITIES - 1 && strcmp(severity_names[s], severity) != 0; s++)
		;
	run.n[s]++;
	put_element(&run.findings[s], json_text(&run.mem, f));
	if (strcmp(kind, "speed") == 0) {
		put_element(&run.bottlenecks, json_text(&run.mem, json_get(f, "message")));
		put_lines(&run.recommendations, advice);
	} else if (strcmp(kind, "cache") == 0) {
		put_lines(&run.cache_advice, advice);
	}
	put_finding(&run.text[s], f, severity, advice);
}

static void
take_figure(const struct json *f)
{
	struct buf *b = strcmp(json_str(json_get(f, "area")), "cache") == 0 ? &run.cache : &run.metrics;

	put_member(b, json_str(json_get(f, "name")), json_text(&run.mem, json_get(f, "value")));
}

static void
take_line(struct doctor *d, struct str line)
{
	const struct json *j, *v;

	(void)d;
	if (json_parse(&run.mem, line.p, line.n, &j) < 0)
		return;		/* cut off by the deadline */
	if ((v = json_get(j, "connection")) != NULL)
		take_connection(v);
	if ((v = json_get(j, "finding")) != NULL)
		take_finding(v);
	if ((v = json_get(j, "figure")) != NULL)
		take_figure(v);
}

/* A store that did not get as far as to say how it was reached is one that did not answer. */
static void
take_probe(struct probe_run *r)
{
	struct doctor d = { .probe = r->probe, .tell = take_line };
	bool reached = r->lines.n > 0 && memmem(r->lines.p, r->lines.n, "{\"connection\"", 13) != NULL;
	const char *p, *end;

	arena_init(&d.mem, 4096);
	for (p = r->lines.p; r->lines.n > 0 && (end = memchr(p, '\n', r->lines.n - (size_t)(p - r->lines.p))) !=
	    NULL;) {
		take_line(&d, (struct str){ p, (size_t)(end - p) });
		p = end + 1;
		if (p == r->lines.p + r->lines.n)
			break;
	}
	if (!r->ended && r->probe->away != NULL && !reached)
		doctor_connection(&d, -1, arena_printf(&d.mem, "no answer within %lld s", (long long)run.timeout_s));
	else if (!r->ended)
		doctor_judge(&d, &hangs, 1, r->probe->name);
	buf_fini(&r->lines);
	arena_fini(&d.mem);
}

static const char *
verdict(void)
{
	return run.n[SEVERITY_FAILURE] > 0 ? "failures" : run.n[SEVERITY_WARNING] > 0 ? "warnings" : "ok";
}

/* Take the members or elements out of `b`, between these brackets. */
static struct str
enclose(struct buf *b, char open, char close)
{
	const char *text = arena_printf(&run.mem, "%c%.*s%c", open, (int)b->n, b->n > 0 ? b->p : "", close);

	buf_fini(b);
	return str_of(text);
}

static struct str
object(struct buf *members)
{
	return enclose(members, '{', '}');
}

static struct str
array(struct buf *elements)
{
	return enclose(elements, '[', ']');
}

/* The worst first. */
static struct str
all_findings(void)
{
	struct buf b = { 0 };
	int s;

	for (s = SEVERITIES - 1; s > SEVERITY_NONE; s--)
		if (run.findings[s].n > 0)
			put_element(&b, (struct str){ run.findings[s].p, run.findings[s].n });
	return array(&b);
}

static void
put_json(struct buf *out)
{
	struct json_field f[] = {
		JS("status", verdict()), JT("checkedAt", now_ms()), JI("durationMs", mono_ms() - run.began_ms),
		JR("connections", object(&run.connections)),
		JR("bottlenecks", json_obj(&run.mem, JR("metrics", object(&run.metrics)),
		    JR("bottlenecks", array(&run.bottlenecks)), JR("recommendations", array(&run.recommendations)))),
		JR("cache", (put_member(&run.cache, "recommendations", array(&run.cache_advice)), object(&run.cache))),
		JR("findings", all_findings()),
	};

	json_put_obj(out, f, NELEM(f));
	buf_byte(out, '\n');
}

static void
put_text(struct buf *out)
{
	char host[HOST_BYTES] = "";
	int s;

	gethostname(host, sizeof(host) - 1);
	buf_printf(out, "Dure %s on %s: %d failures, %d warnings, %d notes\n\n", dure_version, host,
	    run.n[SEVERITY_FAILURE],
	    run.n[SEVERITY_WARNING], run.n[SEVERITY_NOTE]);
	grid_text(&run.stores, out);
	for (s = SEVERITIES - 1; s > SEVERITY_NONE; s--)
		if (run.text[s].n > 0)
			buf_add(out, run.text[s].p, run.text[s].n);
}

static int
parse_options(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			run.json = true;
		else if (strcmp(argv[i], "--timeout") != 0 || ++i == argc || !parse_int(argv[i], 1, 300,
		    &run.timeout_s))
			return -1;
	}
	return 0;
}

int
cmd_doctor(int argc, char **argv)
{
	struct probe_run runs[PROBES_MAX] = { 0 };
	struct buf out = { 0 };
	size_t i, n = 0;

	if (parse_options(argc, argv) < 0) {
		fprintf(stderr, "usage: dure doctor [--json] [--timeout SECONDS]\n");
		return EXIT_USAGE;
	}
	run.began_ms = mono_ms();
	arena_init(&run.mem, 65536);
	grid_init(&run.stores, &run.mem);
	grid_add(&run.stores, "STORE", "CONNECTED", "LATENCY_MS", "ERROR", NULL);
	for (i = 0; i < NELEM(probes); i++)
		if (probes[i].wanted == NULL || probes[i].wanted())
			runs[n++].probe = &probes[i];
	doctor_run(runs, n, run.began_ms + run.timeout_s * 1000);
	for (i = 0; i < n; i++)
		take_probe(&runs[i]);
	if (run.json)
		put_json(&out);
	else
		put_text(&out);
	cmd_print(&out);
	return run.n[SEVERITY_FAILURE] > 0 ? 2 : run.n[SEVERITY_WARNING] > 0 ? 1 : 0;
}
