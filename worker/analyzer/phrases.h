/* phrases.h -- labelled sentences drawn from a file of phrases with alternatives, for training.
 *
 * A line is + (praise), - (blame) or = (neither: each of its sentences gets both labels) and a space, then text with
 * alternatives: "+ {배송이|택배가} {정말 |}빨라요". Alternatives do not nest; one may be empty. Empty lines and lines that
 * begin with # are skipped.
 */
#ifndef ANALYZER_PHRASES_H
#define ANALYZER_PHRASES_H

#include "examples.h"

/* Append `draws` sentences of every line of `path` to `x` (initialised, or zeroed), each with alternatives chosen anew;
 * the choices are the same in every run. 0, or -1 after a complaint on standard error that names the line, `x` then to
 * be given to examples_fini all the same. */
int	 phrases_load(struct examples *x, const char *path, int draws);

#endif
