/* bench_report.c -- see bench_report.h. */
#include "bench_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/grid.h"
#include "base/json.h"
#include "base/str.h"
#include "base/version.h"
#include "run/loop.h"

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread {
	double median, min, max;
};

static struct spread
spread_of(const struct bench_report *b, const double *values)
{
	double v[BENCH_ROUNDS_MAX];

	memcpy(v, values, (size_t)b->rounds * sizeof(*v));
	qsort(v, (size_t)b->rounds, sizeof(*v), compare);
	return (struct spread){ v[b->rounds / 2], v[0], v[b->rounds - 1] };
}

static const char *
rate_text(const struct bench_report *b, const double *rates)
{
	struct spread s = spread_of(b, rates);

	return arena_printf(b->mem, "%.0f (%.0f..%.0f)", s.median, s.min, s.max);
}

static void
put_row(struct grid *t, const struct bench_report *b, int i)
{
	const struct bench_result *r = &b->results[i];
	struct spread s = spread_of(b, r->ratios);
	int limit = bench_measures[i].limit;

	grid_add(t, bench_measures[i].name, rate_text(b, r->rates), bench_measures[i].unit,
	    arena_printf(b->mem, "%.2f", bench_quantile_ms(&r->all, 0.5)),
	    arena_printf(b->mem, "%.2f", bench_quantile_ms(&r->all, 0.99)),
	    limit < 0 ? "-" : arena_printf(b->mem, "%.2f (%.2f..%.2f) of %s", s.median, s.min, s.max,
	    bench_measures[limit].name),
	    arena_printf(b->mem, "%lld", (long long)r->all.failed), bench_measures[i].what, NULL);
}

void
bench_report_text(struct buf *out, const struct bench_report *b)
{
	struct grid t;
	int i;

	buf_printf(out,
	    "Dure %s, %d cores, %lld rounds in %lld s; median (least..most) of the rounds, on a private PostgreSQL, "
	    "Redis and Dure in %s.\n"
	    "The client shares the machine with what it measures.\n\n",
	    dure_version, b->cores, (long long)b->rounds, (long long)b->seconds, b->parent);
	grid_init(&t, b->mem);
	grid_add(&t, "WHAT", "RATE", "UNIT", "P50_MS", "P99_MS", "RATIO", "FAILED", "HOW", NULL);
	for (i = 0; i < BENCH_MEASURES; i++)
		put_row(&t, b, i);
	grid_text(&t, out);
}

static struct str
spread_json(const struct bench_report *b, const double *values)
{
	struct spread s = spread_of(b, values);

	return json_obj(b->mem, JD("median", s.median), JD("min", s.min), JD("max", s.max));
}

void
bench_report_json(struct buf *out, const struct bench_report *b)
{
	struct buf rows = { 0 };
	int i;

	for (i = 0; i < BENCH_MEASURES; i++) {
		const struct bench_result *r = &b->results[i];
		int limit = bench_measures[i].limit;
		struct json_field f[] = {JS("name", bench_measures[i].name), JS("unit", bench_measures[i].unit),
		    JS("how", bench_measures[i].what), JR("rate", spread_json(b, r->rates)),
		    JD("p50Ms", bench_quantile_ms(&r->all, 0.5)), JD("p99Ms", bench_quantile_ms(&r->all, 0.99)),
		    JI("failed", r->all.failed), JB("complete", !r->broken),
		    JS("limit", limit < 0 ? NULL : bench_measures[limit].name),
		    JR("ratio", limit < 0 ? STR("null") : spread_json(b, r->ratios))};

		buf_str(&rows, i > 0 ? "," : "[");
		json_put_obj(&rows, f, NELEM(f));
	}
	buf_byte(&rows, ']');
	{
		struct json_field f[] = {JS("version", dure_version), JI("cores", b->cores),
		    JI("seconds", b->seconds), JI("rounds", b->rounds), JT("measuredAt", now_ms()),
		    JR("measures", buf_to_arena(b->mem, &rows))};

		json_put_obj(out, f, NELEM(f));
	}
	buf_byte(out, '\n');
}

