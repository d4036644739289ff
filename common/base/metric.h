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
	METRIC_STATEMENTS_MAX	= 320,	/* operation x table pairs */
	METRIC_BUCKETS		= 15,	/* 0.5 ms to 10 s, then +Inf */
	METRIC_HISTOGRAM_CELLS	= METRIC_BUCKETS + 1,	/* the buckets, then the sum in microseconds */
};

enum metric_kind { COUNTER, GAUGE, HISTOGRAM };
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
void	 metric_observe_us(enum metric_id id, size_t cell, int64_t us);

/* Register the renderer of a LABEL_FN metric's labels: it appends `method="GET",route="/x"` for a cell and returns 0,
 * or -1 for no such cell. */
void	 metric_labels(enum metric_id id, int (*fn)(size_t cell, struct buf *out));
/* A cell summed over blocks. */
uint64_t metric_sum(uint64_t *const *blocks, size_t n_blocks, enum metric_id id, size_t cell);
/* Append the Prometheus text of all metrics summed over the blocks; cells at zero of labelled metrics are left out. */
void	 metric_render(struct buf *out, uint64_t *const *blocks, size_t n_blocks);

/* The cell of an HTTP status for M_HTTP_REQUESTS (route * METRIC_STATUSES_MAX + this), and back; unknown ones share the
 * last. */
size_t	 metric_status_cell(int status);
int	 metric_cell_status(size_t cell);

#endif
