/* examples.h -- a whole file of reviews in memory, for the offline commands. */
#ifndef ANALYZER_EXAMPLES_H
#define ANALYZER_EXAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "learn.h"

struct examples {
	struct example	*e;
	size_t		 n, cap;
	size_t		 refused;	/* lines that are no review */
	struct arena	 mem;		/* the texts */
};

/* Appends a copy of `n` bytes of valid UTF-8 to `x`, which may be all zero. */
void	 examples_add(struct examples *x, const char *text, size_t n, int positive);
/* Appends the reviews of `path` to `x`, which may be all zero; with `labelled`, reviews without a label are refused.
 * 0, or -1 after a message on standard error; `x` is then empty. */
int	 examples_load(struct examples *x, const char *path, bool labelled);
void	 examples_fini(struct examples *x);

#endif
