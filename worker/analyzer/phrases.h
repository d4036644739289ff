/* phrases.h -- labelled sentences drawn from a file of phrases with alternatives, for training.
 *
 * A line is + (praise), - (blame) or = (neither: each of its sentences gets both labels) and a space, then text with
 * alternatives: "+ {배송이|택배가} {정말 |}빨라요". Alternatives do not nest; one may be empty. Empty lines and lines that
 * begin with # are skipped.
 */
#ifndef ANALYZER_PHRASES_H
#define ANALYZER_PHRASES_H

#include "examples.h"

/* Appends `draws` sentences of every line of `path` to `x` (initialised, or zeroed), each with newly drawn
 * alternatives; the draws are the same in every run. 0, or -1 after an error message on standard error that names the
 * line; call examples_fini on `x` in either case. */
int	 phrases_load(struct examples *x, const char *path, int draws);

#endif
