/* anthropic_results.h -- the results of a batch, read line by line while they arrive. Pure. */
#ifndef API_ANTHROPIC_RESULTS_H
#define API_ANTHROPIC_RESULTS_H

#include "anthropic_text.h"
#include "base/buf.h"

enum { RESULT_LINE_MAX = 65536 };

struct anthropic_result {
	bool			 answered;
	struct classification	 c;
};
/* Zeroed but for tag, n and v[n], which belong to the caller. */
struct anthropic_results {
	const char		*tag;
	struct anthropic_result	*v;		/* by index */
	size_t			 n, lines, foreign;	/* requests; lines read; lines of other batches */
	int64_t			 tokens;
	struct buf		 rest;		/* of a line */
};
/* Takes the next bytes. Negative: a line is too long, is no result, or there are far too many. */
int	 anthropic_results_take(struct anthropic_results *r, const char *p, size_t n);
/* The stream has ended: a last line without its newline is taken. Frees what was kept. Errors likewise. */
int	 anthropic_results_end(struct anthropic_results *r);

#endif
