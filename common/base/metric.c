/* metric.c -- metrics in blocks of cells, and their Prometheus text. See metric.h and metric.def. */
#include "metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static struct metric_row rows[] = {
#define X(id, kind, name, labels, cells, help) { kind, name, labels, help, cells, 0 },
#include "metric.def"
#undef X
};

/* Upper bounds of the buckets, microseconds. */
static const int64_t bounds_us[METRIC_BUCKETS - 1] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
	500000, 1000000, 2500000, 5000000, 10000000 };
static const int statuses[METRIC_STATUSES_MAX - 1] = { 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 409, 412,
    413,
	414, 415, 422, 426, 428, 429, 499, 500, 502, 503, 504 };

static int (*label_fns[METRIC_COUNT])(size_t cell, struct buf *out);
static uint64_t *mine;

static size_t
row_words(const struct metric_row *r)
{
	return r->kind == HISTOGRAM ? r->cells * METRIC_HISTOGRAM_CELLS : r->cells;
}

const struct metric_row *
metric_row(enum metric_id id)
{
	size_t i, first = 0;

	if (rows[METRIC_COUNT - 1].first == 0)		/* lay the block out, once */
		for (i = 0; i < METRIC_COUNT; first += row_words(&rows[i++]))
			rows[i].first = first;
	return &rows[id];
}

size_t
metric_block_words(void)
{
	const struct metric_row *last = metric_row(METRIC_COUNT - 1);

	return last->first + row_words(last);
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
	size_t i, j;

	metric_block_words();		/* lays the rows out */
	for (i = 0; i < METRIC_COUNT; i++)
		for (j = 0; rows[i].kind == GAUGE && j < rows[i].cells; j++)
			__atomic_store_n(&block[rows[i].first + j], 0, __ATOMIC_RELAXED);
}

static uint64_t *
metric_word(enum metric_id id, size_t i)
{
	if (mine == NULL)
		metric_use(NULL);
	return &mine[rows[id].first + i];
}

void
metric_add(enum metric_id id, size_t cell, uint64_t n)
{
	uint64_t *w = metric_word(id, cell);

	__atomic_store_n(w, *w + n, __ATOMIC_RELAXED);		/* the only writer */
}

void
metric_set(enum metric_id id, size_t cell, int64_t value)
{
	__atomic_store_n(metric_word(id, cell), (uint64_t)value, __ATOMIC_RELAXED);
}

void
metric_observe_us(enum metric_id id, size_t cell, int64_t us)
{
	uint64_t *h = metric_word(id, cell * METRIC_HISTOGRAM_CELLS);
	int i = 0;

	while (i < METRIC_BUCKETS - 1 && us > bounds_us[i])
		i++;
	__atomic_store_n(&h[i], h[i] + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&h[METRIC_BUCKETS], h[METRIC_BUCKETS] + (uint64_t)(us > 0 ? us : 0), __ATOMIC_RELAXED);
}

void
metric_labels(enum metric_id id, int (*fn)(size_t cell, struct buf *out))
{
	label_fns[id] = fn;
}

static uint64_t
sum_word(uint64_t *const *blocks, size_t n, size_t i)
{
	uint64_t total = 0;

	while (n-- > 0)
		total += __atomic_load_n(&blocks[n][i], __ATOMIC_RELAXED);
	return total;
}

uint64_t
metric_sum(uint64_t *const *blocks, size_t n_blocks, enum metric_id id, size_t cell)
{
	return sum_word(blocks, n_blocks, metric_row(id)->first + cell);
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

static void
render_histogram(struct buf *out, const struct metric_row *r, const char *labels, size_t cell, uint64_t *const *blocks,
    size_t n)
{
	size_t first = r->first + cell * METRIC_HISTOGRAM_CELLS;
	const char *comma = *labels != '\0' ? "," : "";
	uint64_t count = 0;
	int i;

	for (i = 0; i < METRIC_BUCKETS; i++) {
		count += sum_word(blocks, n, first + (size_t)i);
		if (i < METRIC_BUCKETS - 1)
			buf_printf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", r->name, labels, comma,
			    (double)bounds_us[i] / 1e6, (unsigned long long)count);
	}
	buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", r->name, labels, comma, (unsigned long long)count);
	buf_printf(out, "%s_sum{%s} %.6f\n%s_count{%s} %llu\n", r->name, labels,
	    (double)sum_word(blocks, n, first + METRIC_BUCKETS) / 1e6, r->name, labels, (unsigned long long)count);
}

static bool
is_empty(const struct metric_row *r, size_t cell, uint64_t *const *blocks, size_t n)
{
	size_t i;

	if (r->kind != HISTOGRAM)
		return sum_word(blocks, n, r->first + cell) == 0;
	for (i = 0; i < METRIC_BUCKETS; i++)
		if (sum_word(blocks, n, r->first + cell * METRIC_HISTOGRAM_CELLS + i) != 0)
			return false;
	return true;
}

static void
render_row(struct buf *out, enum metric_id id, uint64_t *const *blocks, size_t n)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	const struct metric_row *r = metric_row(id);
	struct buf labels = { 0 };
	size_t cell;

	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", r->name, r->help, r->name, kinds[r->kind]);
	for (cell = 0; cell < r->cells; cell++) {
		if (r->labels == LABEL_FN && is_empty(r, cell, blocks, n))
			continue;
		buf_reset(&labels);
		if (put_labels(id, cell, &labels) < 0)
			continue;
		buf_byte(&labels, '\0');
		if (r->kind == HISTOGRAM)
			render_histogram(out, r, labels.p, cell, blocks, n);
		else
			buf_printf(out, *labels.p != '\0' ? "%s{%s} %lld\n" : "%s%s %lld\n", r->name, labels.p,
			    (long long)sum_word(blocks, n, r->first + cell));
	}
	buf_fini(&labels);
}

void
metric_render(struct buf *out, uint64_t *const *blocks, size_t n_blocks)
{
	int id;

	for (id = 0; id < METRIC_COUNT; id++)
		render_row(out, (enum metric_id)id, blocks, n_blocks);
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
