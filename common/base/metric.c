/* metric.c -- metrics in blocks of cells, and their Prometheus text. See metric.h and metric.def. */
#include "metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "str.h"
#include "trace.h"

static struct metric_row rows[] = {
#define X(id, k, n, l, c, h) { .kind = k, .name = n, .labels = l, .help = h, .cells = c },
#include "metric.def"
#undef X
};

/* Upper bounds of the buckets, microseconds: those of the predecessors' dashboards, and finer ones. */
static const int64_t bounds_us[METRIC_BUCKETS - 1] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 300000, 500000, 700000, 1000000, 2000000, 3000000,
	5000000, 7000000, 10000000
};
static const int statuses[METRIC_STATUSES_MAX - 1] = { 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409, 412,
	413, 414, 415, 422, 426, 428, 429, 499, 500, 502, 503, 504 };

static const struct {
	const char	*type;
	double		 per;		/* cells are kept in this part of the base unit */
	bool		 gauge, maximum;
} kinds[METRIC_KINDS] = {
	[COUNTER]	  = { "counter",   1,	false, false },
	[COUNTER_MILLI]	  = { "counter",   1e3,	false, false },
	[GAUGE]		  = { "gauge",	   1,	true,  false },
	[GAUGE_MILLI]	  = { "gauge",	   1e3,	true,  false },
	[MAXIMUM]	  = { "gauge",	   1,	true,  true },
	[MAXIMUM_MILLI]	  = { "gauge",	   1e3,	true,  true },
	[MAXIMUM_MICRO]	  = { "gauge",	   1e6,	true,  true },
	[HISTOGRAM]	  = { "histogram", 1e6,	false, false },
	[DERIVED_COUNTER] = { "counter",   1,	false, false },
	[DERIVED_GAUGE]	  = { "gauge",	   1,	false, false },
};

static int (*label_fns[METRIC_COUNT])(size_t cell, struct buf *out);
static void (*derived_fns[METRIC_COUNT])(enum metric_id id, struct buf *out);
static size_t block_words;		/* 0: not laid out yet */
static uint64_t *mine;

static void
lay_out(void)
{
	size_t i, next = 0;

	for (i = 0; i < METRIC_COUNT; i++) {
		struct metric_row *r = &rows[i];

		r->first = next;
		next += r->kind == HISTOGRAM ? r->cells * METRIC_HISTOGRAM_CELLS : r->cells;
		r->exemplars = next;
		next += r->kind == HISTOGRAM ? r->cells * METRIC_EXEMPLAR_WORDS : 0;
		r->used = next;
		next += r->labels == LABEL_FN ? (r->cells + 63) / 64 : 0;
	}
	block_words = next;
}

const struct metric_row *
metric_row(enum metric_id id)
{
	if (block_words == 0)
		lay_out();
	return &rows[id];
}

size_t
metric_block_words(void)
{
	if (block_words == 0)
		lay_out();
	return block_words;
}

const char *
metric_type(enum metric_kind kind)
{
	return kinds[kind].type;
}

void
metric_use(uint64_t *block)
{
	mine = block != NULL ? block : calloc(metric_block_words(), sizeof(*mine));
	if (mine == NULL)
		abort();
	metric_clear_gauges(mine);
}

void
metric_clear_gauges(uint64_t *block)
{
	size_t words, i, j;

	metric_block_words();		/* lays the rows out */
	for (i = 0; i < METRIC_COUNT; i++) {
		words = rows[i].cells + (rows[i].labels == LABEL_FN ? (rows[i].cells + 63) / 64 : 0);
		for (j = 0; kinds[rows[i].kind].gauge && j < words; j++)
			__atomic_store_n(&block[rows[i].first + j], 0, __ATOMIC_RELAXED);
	}
}

/* The word of a cell to be written, which is shown from now on. */
static uint64_t *
metric_word(enum metric_id id, size_t cell, size_t words)
{
	const struct metric_row *r = &rows[id];
	uint64_t *bits;

	if (mine == NULL)
		metric_use(NULL);
	if (r->labels == LABEL_FN) {
		bits = &mine[r->used + cell / 64];
		if (!(*bits >> cell % 64 & 1))
			__atomic_store_n(bits, *bits | 1ULL << cell % 64, __ATOMIC_RELAXED);
	}
	return &mine[r->first + cell * words];
}

void
metric_add(enum metric_id id, size_t cell, uint64_t n)
{
	uint64_t *w = metric_word(id, cell, 1);

	__atomic_store_n(w, *w + n, __ATOMIC_RELAXED);		/* the only writer */
}

void
metric_set(enum metric_id id, size_t cell, int64_t value)
{
	__atomic_store_n(metric_word(id, cell, 1), (uint64_t)value, __ATOMIC_RELAXED);
}

void
metric_forget(enum metric_id id, size_t cell)
{
	uint64_t *w = metric_word(id, cell, 1), *bits = &mine[rows[id].used + cell / 64];

	__atomic_store_n(w, 0, __ATOMIC_RELAXED);
	__atomic_store_n(bits, *bits & ~(1ULL << cell % 64), __ATOMIC_RELAXED);
}

static int
bucket_of(int64_t us)
{
	int i = 0;

	while (i < METRIC_BUCKETS - 1 && us > bounds_us[i])
		i++;
	return i;
}

void
metric_observe_us(enum metric_id id, size_t cell, int64_t us)
{
	uint64_t *h = metric_word(id, cell, METRIC_HISTOGRAM_CELLS);
	int i = bucket_of(us);

	__atomic_store_n(&h[i], h[i] + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&h[METRIC_BUCKETS], h[METRIC_BUCKETS] + (uint64_t)(us > 0 ? us : 0), __ATOMIC_RELAXED);
}

/* The words of an exemplar; WRITTEN_MS is 0 while the others change. */
enum { WRITTEN_MS, MICROSECONDS, TRACE_HIGH, TRACE_LOW };

void
metric_exemplar(enum metric_id id, size_t cell, int64_t us, const uint8_t *trace_id)
{
	uint64_t halves[2], *w;

	if (mine == NULL)
		return;
	w = &mine[rows[id].exemplars + cell * METRIC_EXEMPLAR_WORDS];
	memcpy(halves, trace_id, sizeof(halves));
	__atomic_store_n(&w[WRITTEN_MS], 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&w[MICROSECONDS], (uint64_t)us, __ATOMIC_RELAXED);
	__atomic_store_n(&w[TRACE_HIGH], halves[0], __ATOMIC_RELAXED);
	__atomic_store_n(&w[TRACE_LOW], halves[1], __ATOMIC_RELAXED);
	__atomic_store_n(&w[WRITTEN_MS], (uint64_t)now_ms(), __ATOMIC_RELEASE);
}

void
metric_labels(enum metric_id id, int (*fn)(size_t cell, struct buf *out))
{
	label_fns[id] = fn;
}

void
metric_derive(enum metric_id id, void (*fn)(enum metric_id id, struct buf *out))
{
	derived_fns[id] = fn;
}

static uint64_t
sum_word(uint64_t *const *blocks, size_t n, size_t i)
{
	uint64_t total = 0;

	while (n-- > 0)
		total += __atomic_load_n(&blocks[n][i], __ATOMIC_RELAXED);
	return total;
}

static uint64_t
largest_word(uint64_t *const *blocks, size_t n, size_t i)
{
	int64_t largest = 0, v;

	while (n-- > 0)
		if ((v = (int64_t)__atomic_load_n(&blocks[n][i], __ATOMIC_RELAXED)) > largest)
			largest = v;
	return (uint64_t)largest;
}

uint64_t
metric_total(uint64_t *const *blocks, size_t n_blocks, enum metric_id id, size_t cell)
{
	const struct metric_row *r = metric_row(id);

	return (kinds[r->kind].maximum ? largest_word : sum_word)(blocks, n_blocks, r->first + cell);
}

uint64_t
metric_total_all(uint64_t *const *blocks, size_t n_blocks, enum metric_id id)
{
	uint64_t total = 0;
	size_t cell;

	for (cell = 0; cell < metric_row(id)->cells; cell++)
		total += metric_total(blocks, n_blocks, id, cell);
	return total;
}

/* The cells that any process has written, 64 at a time. */
static uint64_t
used_bits(uint64_t *const *blocks, size_t n, const struct metric_row *r, size_t word)
{
	uint64_t bits = 0;

	while (n-- > 0)
		bits |= __atomic_load_n(&blocks[n][r->used + word], __ATOMIC_RELAXED);
	return bits;
}

void
metric_each(uint64_t *const *blocks, size_t n_blocks, enum metric_id id,
    void (*fn)(void *arg, size_t cell, const uint64_t *words), void *arg)
{
	const struct metric_row *r = metric_row(id);
	size_t width = r->kind == HISTOGRAM ? METRIC_HISTOGRAM_CELLS : 1, cell, i;
	uint64_t bits = 0, words[METRIC_HISTOGRAM_CELLS];

	for (cell = 0; cell < r->cells; cell++) {
		if (cell % 64 == 0)
			bits = used_bits(blocks, n_blocks, r, cell / 64);
		if (!(bits >> cell % 64 & 1))
			continue;
		for (i = 0; i < width; i++)
			words[i] = sum_word(blocks, n_blocks, r->first + cell * width + i);
		fn(arg, cell, words);
	}
}

double
metric_quantile_us(const uint64_t words[METRIC_HISTOGRAM_CELLS], double q)
{
	double total = 0, below = 0, from, wanted;
	int i;

	for (i = 0; i < METRIC_BUCKETS; i++)
		total += (double)words[i];
	if (total == 0)
		return 0;
	wanted = q * total;
	for (i = 0; i < METRIC_BUCKETS - 1 && below + (double)words[i] < wanted; i++)
		below += (double)words[i];
	if (i == METRIC_BUCKETS - 1)
		return (double)bounds_us[METRIC_BUCKETS - 2];
	from = i == 0 ? 0 : (double)bounds_us[i - 1];
	return from + ((double)bounds_us[i] - from) * (wanted - below) / (double)words[i];
}

/* The labels of a cell: by the owner's function, or from "name=a|b|c". Returns -1 for a cell without. */
static int
put_labels(enum metric_id id, size_t cell, struct buf *out)
{
	const char *spec = rows[id].labels, *eq, *v;
	size_t i;

	if (spec == LABEL_FN)
		return label_fns[id] != NULL ? label_fns[id](cell, out) : -1;
	if (*spec == '\0')
		return 0;
	eq = strchr(spec, '=');
	for (v = eq + 1, i = 0; i < cell && v != NULL; i++)
		v = strchr(v, '|') != NULL ? strchr(v, '|') + 1 : NULL;
	if (v == NULL)
		return -1;
	buf_printf(out, "%.*s=\"%.*s\"", (int)(eq - spec), spec, (int)strcspn(v, "|"), v);
	return 0;
}

struct rendering {
	struct buf		*out;
	enum metric_format	 format;
	uint64_t *const		*blocks;
	size_t			 n;
};

/* Copy the exemplar at `w` if it is newer than *out and not being written. */
static void
take_newer(const uint64_t *w, uint64_t out[METRIC_EXEMPLAR_WORDS])
{
	uint64_t copy[METRIC_EXEMPLAR_WORDS];
	int i;

	copy[WRITTEN_MS] = __atomic_load_n(&w[WRITTEN_MS], __ATOMIC_ACQUIRE);
	if (copy[WRITTEN_MS] <= out[WRITTEN_MS])
		return;
	for (i = MICROSECONDS; i <= TRACE_LOW; i++)
		copy[i] = __atomic_load_n(&w[i], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&w[WRITTEN_MS], __ATOMIC_RELAXED) == copy[WRITTEN_MS])
		memcpy(out, copy, sizeof(copy));
}

/* The newest exemplar of a cell over the blocks; WRITTEN_MS is 0 where there is none. */
static void
find_exemplar(const struct rendering *to, const struct metric_row *r, size_t cell, uint64_t out[METRIC_EXEMPLAR_WORDS])
{
	size_t i;

	memset(out, 0, METRIC_EXEMPLAR_WORDS * sizeof(*out));
	for (i = 0; i < to->n && to->format == METRIC_OPENMETRICS; i++)
		take_newer(&to->blocks[i][r->exemplars + cell * METRIC_EXEMPLAR_WORDS], out);
}

/* ` # {trace_id="…"} seconds time` behind the bucket that it is in. */
static void
put_exemplar(struct buf *out, const uint64_t e[METRIC_EXEMPLAR_WORDS], int bucket)
{
	char id[2 * 2 * sizeof(e[0]) + 1];
	int64_t us = (int64_t)e[MICROSECONDS];

	if (e[WRITTEN_MS] == 0 || bucket_of(us) != bucket)
		return;
	trace_hex(id, (const uint8_t *)&e[TRACE_HIGH], 2 * sizeof(e[0]));
	buf_printf(out, " # {trace_id=\"%s\"} %.6f %.3f", id, (double)us / 1e6, (double)e[WRITTEN_MS] / 1e3);
}

static void
render_histogram(const struct rendering *to, const struct metric_row *r, const char *labels, size_t cell)
{
	size_t first = r->first + cell * METRIC_HISTOGRAM_CELLS;
	const char *comma = *labels != '\0' ? "," : "";
	uint64_t count = 0, exemplar[METRIC_EXEMPLAR_WORDS];
	char bound[16];
	int i;

	find_exemplar(to, r, cell, exemplar);
	for (i = 0; i < METRIC_BUCKETS; i++) {
		count += sum_word(to->blocks, to->n, first + (size_t)i);
		snprintf(bound, sizeof(bound), "%g", i < METRIC_BUCKETS - 1 ? (double)bounds_us[i] / 1e6 : 0);
		buf_printf(to->out, "%s_bucket{%s%sle=\"%s\"} %llu", r->name, labels, comma, i < METRIC_BUCKETS - 1
		    ? bound : "+Inf", (unsigned long long)count);
		put_exemplar(to->out, exemplar, i);
		buf_byte(to->out, '\n');
	}
	buf_printf(to->out, "%s_sum{%s} %.6f\n%s_count{%s} %llu\n", r->name, labels,
	    (double)sum_word(to->blocks, to->n, first + METRIC_BUCKETS) / kinds[HISTOGRAM].per, r->name, labels,
	    (unsigned long long)count);
}

static void
render_value(const struct rendering *to, const struct metric_row *r, const char *labels, size_t cell)
{
	int64_t v = (int64_t)metric_total(to->blocks, to->n, (enum metric_id)(r - rows), cell);
	double per = kinds[r->kind].per;

	buf_printf(to->out, *labels != '\0' ? "%s{%s} " : "%s%s ", r->name, labels);
	if (per == 1)
		buf_printf(to->out, "%lld\n", (long long)v);
	else
		buf_printf(to->out, "%.*f\n", per > 1e3 ? 6 : 3, (double)v / per);
}

static void
render_cells(const struct rendering *to, enum metric_id id)
{
	const struct metric_row *r = metric_row(id);
	uint64_t bits = ~0ULL;
	struct buf labels = { 0 };
	size_t cell;

	for (cell = 0; cell < r->cells; cell++) {
		if (r->labels == LABEL_FN && cell % 64 == 0)
			bits = used_bits(to->blocks, to->n, r, cell / 64);
		if (!(bits >> cell % 64 & 1))
			continue;
		buf_reset(&labels);
		if (put_labels(id, cell, &labels) < 0)
			continue;
		buf_byte(&labels, '\0');
		(r->kind == HISTOGRAM ? render_histogram : render_value)(to, r, labels.p, cell);
	}
	buf_fini(&labels);
}

/* OpenMetrics names the family of a counter without its _total. */
static int
family_bytes(const struct rendering *to, const struct metric_row *r)
{
	size_t n = strlen(r->name), suffix = sizeof("_total") - 1;
	bool cut = to->format == METRIC_OPENMETRICS && strcmp(metric_type(r->kind), "counter") == 0;

	return (int)(cut ? n - suffix : n);
}

void
metric_render(struct buf *out, enum metric_format format, uint64_t *const *blocks, size_t n_blocks)
{
	const struct rendering to = { .out = out, .format = format, .blocks = blocks, .n = n_blocks };
	int id;

	for (id = 0; id < METRIC_COUNT; id++) {
		const struct metric_row *r = metric_row((enum metric_id)id);
		int family = family_bytes(&to, r);

		buf_printf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", family, r->name, r->help, family, r->name,
		    metric_type(r->kind));
		render_cells(&to, (enum metric_id)id);
		if (derived_fns[id] != NULL)
			derived_fns[id]((enum metric_id)id, out);
	}
	if (format == METRIC_OPENMETRICS)
		buf_str(out, "# EOF\n");
}

size_t
metric_status_cell(int status)
{
	size_t i;

	for (i = 0; i < METRIC_STATUSES_MAX - 1; i++)
		if (statuses[i] == status)
			break;
	return i;
}

int
metric_cell_status(size_t cell)
{
	return cell < METRIC_STATUSES_MAX - 1 ? statuses[cell] : 0;
}

size_t
metric_class_cell(int status)
{
	return status >= 100 && status < 600 ? (size_t)status / 100 - 1 : METRIC_CLASSES - 1;
}
