/* wanted.h -- counts the keywords that a request names, as they are written, however frequent they are.
 *
 * A review counts once for each keyword it contains, ignoring the case of A to Z.
 */
#ifndef ANALYZER_WANTED_H
#define ANALYZER_WANTED_H

#include "base/buf.h"
#include "base/param.h"
#include "model.h"

struct wanted_word {
	const char	*word;		/* as requested */
	char		*folded;
	size_t		 n;
	uint32_t	 by[SENTIMENTS];
};
struct wanted {
	struct wanted_word *v;
	size_t		 n;
	struct buf	 scratch;	/* the review in lower case */
};

/* The words live in `mem`, or are borrowed for as long. */
void	 wanted_init(struct wanted *w, struct arena *mem, struct strs words);
void	 wanted_fini(struct wanted *w);
void	 wanted_add(struct wanted *w, const char *text, size_t n, enum sentiment of);

#endif
