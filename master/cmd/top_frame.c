/* top_frame.c -- see top_frame.h. */
#include "top_frame.h"

#include <string.h>
#include <unistd.h>

#include "base/grid.h"

enum { HOST_BYTES = 64 };

static double
number(const struct json *j, const char *name)
{
	return json_num(json_get(j, name), 0);
}

static const char *
text(const struct json *j, const char *name)
{
	const char *s = json_str(json_get(j, name));

	return s != NULL ? s : "";
}

/* The same process in an earlier answer; NULL: it is new. */
static const struct json *
find_process(const struct top_sample *s, const struct json *p)
{
	const struct json *q = s->status != NULL ? json_first(json_get(s->status, "processes")) : NULL;

	while (q != NULL && (number(q, "pid") != number(p, "pid") || strcmp(text(q, "title"), text(p, "title")) != 0))
		q = json_next(q);
	return q;
}

/* How much a counter grew, a second; -1: not known. */
static double
rate(const struct top_sample *before, const struct top_sample *now, const struct json *p, const char *name)
{
	const struct json *q = find_process(before, p);
	double ms = (double)(now->at_ms - before->at_ms);

	return q != NULL && ms > 0 ? (number(p, name) - number(q, name)) * 1000 / ms : -1;
}

static const char *
rate_text(struct arena *mem, double r)
{
	return r < 0 ? "-" : arena_printf(mem, r < 100 ? "%.1f" : "%.0f", r);
}

static const char *
span_text(struct arena *mem, double ms)
{
	long long s = (long long)(ms / 1000);

	if (s < 3600)
		return arena_printf(mem, "%lldm%02llds", s / 60, s % 60);
	return s < 86400 ? arena_printf(mem, "%lldh%02lldm", s / 3600, s / 60 % 60) : arena_printf(mem, "%lldd%02lldh",
	    s / 86400, s / 3600 % 24);
}

/* What the processes have together. */
struct sums { double requests, deliveries, cpu, sockets, connections, bytes, late_ms; };

static struct sums
sum_up(const struct top_sample *before, const struct top_sample *now)
{
	struct sums s = { 0 };
	const struct json *p;
	double late_ms;

	for (p = json_first(json_get(now->status, "processes")); p != NULL; p = json_next(p)) {
		bool fanout = strcmp(text(p, "kind"), "ws") == 0;

		if (strcmp(text(p, "kind"), "http") == 0)
			s.requests += rate(before, now, p, "requests");
		if (fanout)
			s.deliveries += rate(before, now, p, "deliveries");
		s.cpu += rate(before, now, p, "cpuMs") / 10;
		s.sockets += fanout ? number(p, "connections") : 0;
		s.connections += fanout ? 0 : number(p, "connections");
		s.bytes += number(p, "rssBytes");
		late_ms = number(p, "loopLagUs") / 1000;
		s.late_ms = late_ms > s.late_ms ? late_ms : s.late_ms;
	}
	return s;
}

static const char *
hit_rate(struct arena *mem, const struct json *figures)
{
	double hits = number(figures, "cacheHits"), all = hits + number(figures, "cacheMisses");

	return all > 0 ? arena_printf(mem, "%.1f %%", 100 * hits / all) : "-";
}

/* TOP_HEAD_LINES of them. */
static void
put_head(struct arena *mem, const struct top_sample *before, const struct top_sample *now, struct buf *out)
{
	const struct json *j = now->status, *f = json_get(j, "figures");
	struct sums s = sum_up(before, now);
	char host[HOST_BYTES] = "";

	gethostname(host, sizeof(host) - 1);
	buf_printf(out, "Dure %s on %s, %s, port %.0f, configuration %.0f\n", text(j, "version"), host, text(j,
	    "state"),
	    number(j, "port"), number(j, "generation"));
	buf_printf(out, "requests %s/s   deliveries %s/s   sockets %.0f   connections %.0f\n", rate_text(mem,
	    s.requests),
	    rate_text(mem, s.deliveries), s.sockets, s.connections);
	buf_printf(out, "cpu %s %%   memory %.0f MB   database %.0f of %.0f   loop late by %.1f ms\n",
	    rate_text(mem, s.cpu), s.bytes / 1e6, number(j, "dbUsed"), number(j, "dbBudget"), s.late_ms);
	buf_printf(out, "outbox %.0f, %.1f s old   lag %.0f   cache hits %s\n", number(f, "outboxDepth"),
	    number(f, "outboxAgeMs") / 1000, number(f, "kafkaLag"), hit_rate(mem, f));
}

static const char *
links_of(struct arena *mem, const struct json *p)
{
	static const struct { const char *member, *letter; } links[] = { { "postgres", "P" }, { "redis", "R" },
	    { "kafka", "K" } };
	const char *all = "";
	size_t i;

	for (i = 0; i < NELEM(links); i++)
		all = arena_printf(mem, "%s%s", all, json_bool(json_get(p, links[i].member), false) ?
		    links[i].letter : "-");
	return all;
}

static void
add_process(struct arena *mem, struct grid *t, const struct top_sample *before, const struct top_sample *now,
    const struct json *p)
{
	bool fanout = strcmp(text(p, "kind"), "ws") == 0;
	double cpu = rate(before, now, p, "cpuMs");

	grid_add(t, text(p, "title"), arena_printf(mem, "%.0f", number(p, "pid")), text(p, "state"),
	    rate_text(mem, cpu < 0 ? cpu : cpu / 10), arena_printf(mem, "%.0f", number(p, "rssBytes") / 1e6),
	    rate_text(mem, rate(before, now, p, fanout ? "deliveries" : "requests")),
	    arena_printf(mem, "%.0f", number(p, "connections")), arena_printf(mem, "%.0f", number(p, "openFds")),
	    arena_printf(mem, "%.1f", number(p, "loopLagUs") / 1000), arena_printf(mem, "%.0f", number(p, "restarts")),
	    span_text(mem, number(p, "uptimeMs")), links_of(mem, p), NULL);
}

void
top_frame(struct arena *mem, const struct top_sample *before, const struct top_sample *now, struct buf *out)
{
	const struct json *p;
	struct grid t;

	put_head(mem, before, now, out);
	buf_byte(out, '\n');
	grid_init(&t, mem);
	grid_add(&t, "PROCESS", "PID", "STATE", "CPU%", "MB", "RATE/S", "OPEN", "FDS", "LATE_MS", "RESTARTS", "UP",
	    "LINKS", NULL);
	for (p = json_first(json_get(now->status, "processes")); p != NULL; p = json_next(p))
		add_process(mem, &t, before, now, p);
	grid_text(&t, out);
}
