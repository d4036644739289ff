/* bench_report.h -- what `dure bench` has measured, as a table for people and as JSON. */
#ifndef CMD_BENCH_REPORT_H
#define CMD_BENCH_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "bench_measure.h"

enum { BENCH_ROUNDS_MAX = 20 };

struct bench_result {
	struct bench_count	 all;
	double			 rates[BENCH_ROUNDS_MAX], ratios[BENCH_ROUNDS_MAX];	/* of each round; 0: no limit */
	bool			 broken;
};
struct bench_report {
	struct arena		*mem;
	const char		*parent;		/* where the private servers kept their files */
	int			 cores;
	int64_t			 seconds, rounds;
	struct bench_result	 results[BENCH_MEASURES];
};
void	 bench_report_text(struct buf *out, const struct bench_report *b);
void	 bench_report_json(struct buf *out, const struct bench_report *b);

#endif
