/* bench_measure.h -- what `dure bench` measures: what a Dure does, and the limits of the machine beside it. */
#ifndef CMD_BENCH_MEASURE_H
#define CMD_BENCH_MEASURE_H

#include "bench_count.h"
#include "bench_load.h"
#include "bench_stage.h"

/* What Dure does first, then the limits. BENCH_READ_REDIS is BENCH_READ beside another limit. */
enum { BENCH_READ, BENCH_READ_REDIS, BENCH_FANOUT, BENCH_LOGIN, BENCH_ORDER, BENCH_BARE_HTTP, BENCH_REDIS_GET,
    BENCH_BARE_SOCKETS, BENCH_HASHES, BENCH_COMMITS, BENCH_MEASURES };

struct bench_measure {
	const char	*name, *unit, *what;
	int		 limit;		/* its row; -1: it is one */
	int		 same;		/* the row whose figures it has; -1: it is measured */
	const struct bench_ask *ask;	/* what is asked again and again; NULL: slice measures */
	bool		(*slice)(int64_t ms, struct bench_count *c);
};
extern const struct bench_measure bench_measures[BENCH_MEASURES];
/* Measure a row, which has figures of its own, for so long, into *c. False: it cannot go on. */
bool	 bench_measure_slice(const struct bench_measure *m, int64_t ms, struct bench_count *c);

/* Fill the stage's stores, make the requests, connect the listeners and start the bare server. NULL: all is ready;
 * else why not, in stage->mem. The stage is borrowed until bench_measures_end, which must follow in any case. */
const char *bench_measures_prepare(struct bench_stage *stage, int cores);
void	 bench_measures_end(void);

#endif
