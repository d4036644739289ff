/* examples.h -- a whole file of reviews in memory, for the offline commands. */
#ifndef ANALYZER_EXAMPLES_H
#define ANALYZER_EXAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "learn.h"

struct examples {
	struct example	*e;
	size_t		 n;
	size_t		 refused;	/* lines that were no review */
	struct arena	 mem;		/* the texts */
};

/* Read `path`; with `labelled`, reviews without a label are refused. 0, or -1 after a complaint on standard error. */
int	 examples_load(struct examples *x, const char *path, bool labelled);
void	 examples_fini(struct examples *x);

#endif
