/* metric.h -- counters, gauges and histograms in a fixed table, one block of cells a process.
 *
 * A process writes only its own block (metric_use), which the master keeps in shared memory, so any process can render
 * the whole host. A block outlives its process: the successor goes on counting in it. Cost: one add in memory.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum {
	METRIC_ROUTES_MAX	= 320,	/* routes, each with its method */
	METRIC_STATUSES_MAX	= 32,	/* distinct HTTP statuses, see metric_status_cell */
	METRIC_CLASSES		= 6,	/* 1xx to 5xx, then none of them */
	METRIC_STATEMENTS_MAX	= 640,	/* operation x table pairs */
	METRIC_TABLES_MAX	= 80,
	METRIC_PARTITIONS_MAX	= 64,	/* of one topic; the lag of those above is added to the last */
	METRIC_LAG_CELLS	= 32 * METRIC_PARTITIONS_MAX,
	METRIC_BUCKETS		= 19,	/* 0.5 ms to 10 s, then +Inf */
	METRIC_HISTOGRAM_CELLS	= METRIC_BUCKETS + 1,	/* the buckets, then the sum in microseconds */
	METRIC_EXEMPLAR_WORDS	= 4,	/* of each cell of a histogram */
};

/* What a row counts, and how it is rendered over the processes of the host. The text has base units: *_MS and *_US
 * are kept in milliseconds and microseconds and shown in seconds. */
enum metric_kind {
	COUNTER, COUNTER_MILLI,		/* counts up; summed */
	GAUGE, GAUGE_MILLI,		/* the present value; summed */
	MAXIMUM, MAXIMUM_MILLI, MAXIMUM_MICRO,	/* the present value; the largest of any process */
	HISTOGRAM,			/* observed microseconds; summed */
	DERIVED_COUNTER, DERIVED_GAUGE,	/* has no cells: its owner renders it (metric_derive) */
	METRIC_KINDS
};
#define LABEL_FN NULL

enum metric_id {
#define X(id, kind, name, labels, cells, help) id,
#include "metric.def"
#undef X
	METRIC_COUNT
};

struct metric_row {
	enum metric_kind kind;
	const char	*name, *labels, *help;
	size_t		 cells;		/* label combinations */
	size_t		 first;		/* index of its first word in a block */
	size_t		 exemplars;	/* HISTOGRAM: index of its first exemplar */
	size_t		 used;		/* LABEL_FN: index of its first word of bits, one a cell that was written */
};
/* The row of a metric. */
const struct metric_row	*metric_row(enum metric_id id);
/* Words of one block. */
size_t	 metric_block_words(void);

/* Write into this block from now on (zeroed when it is new); NULL: a private one. Gauges restart at 0. */
void	 metric_use(uint64_t *block);
/* The process of this block has ended: its gauges are excluded. */
void	 metric_clear_gauges(uint64_t *block);
void	 metric_add(enum metric_id id, size_t cell, uint64_t n);
void	 metric_set(enum metric_id id, size_t cell, int64_t value);
/* Leave a cell of a LABEL_FN gauge out until it is set again. */
void	 metric_forget(enum metric_id id, size_t cell);
void	 metric_observe_us(enum metric_id id, size_t cell, int64_t us);

/* Note an observation of a traced request, `trace_id` of 16 bytes: OpenMetrics shows the newest of each cell. */
void	 metric_exemplar(enum metric_id id, size_t cell, int64_t us, const uint8_t *trace_id);

/* Register the renderer of a LABEL_FN metric's labels: it appends `method="GET",route="/x"` for a cell and returns 0,
 * or -1 for no such cell. */
void	 metric_labels(enum metric_id id, int (*fn)(size_t cell, struct buf *out));
/* Register the renderer of a DERIVED metric: it appends its lines, `name{labels} value\n`. */
void	 metric_derive(enum metric_id id, void (*fn)(enum metric_id id, struct buf *out));
/* A cell over the blocks: the largest for a MAXIMUM, else the sum; of a histogram the words that `cell` counts. */
uint64_t metric_total(uint64_t *const *blocks, size_t n_blocks, enum metric_id id, size_t cell);
/* The same over all cells of a metric that is no histogram. */
uint64_t metric_total_all(uint64_t *const *blocks, size_t n_blocks, enum metric_id id);
/* Calls `fn` for each cell of a LABEL_FN metric that any process has written, with the sum over the blocks: one word,
 * of a histogram METRIC_HISTOGRAM_CELLS. */
void	 metric_each(uint64_t *const *blocks, size_t n_blocks, enum metric_id id,
    void (*fn)(void *arg, size_t cell, const uint64_t *words), void *arg);
/* The quantile `q` (0 to 1) of a histogram's words, microseconds, as Prometheus' histogram_quantile; 0: no values. */
double	 metric_quantile_us(const uint64_t words[METRIC_HISTOGRAM_CELLS], double q);
/* The type of a metric in the text formats: "counter", "gauge" or "histogram". */
const char *metric_type(enum metric_kind kind);

enum metric_format { METRIC_PROMETHEUS, METRIC_OPENMETRICS };
/* Append the text of all metrics over the blocks, in Prometheus' text format 0.0.4 or OpenMetrics 1.0.0. Cells of
 * LABEL_FN metrics that were never written are left out. */
void	 metric_render(struct buf *out, enum metric_format format, uint64_t *const *blocks, size_t n_blocks);

/* The cell of an HTTP status for M_HTTP_REQUESTS (route * METRIC_STATUSES_MAX + this), and back; unknown ones share the
 * last. */
size_t	 metric_status_cell(int status);
int	 metric_cell_status(size_t cell);
/* The cell of a status' class for M_HTTP_DURATION (route * METRIC_CLASSES + this). */
size_t	 metric_class_cell(int status);

#endif
