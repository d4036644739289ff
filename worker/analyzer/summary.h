/* summary.h -- summarises a tally in a few sentences, in Korean or English. */
#ifndef ANALYZER_SUMMARY_H
#define ANALYZER_SUMMARY_H

#include "base/buf.h"
#include "tally.h"

enum summary_language { SUMMARY_KO, SUMMARY_EN };

/* Appends the summary to `out`: the number of reviews, their shares, what is praised and what is criticised. */
void	 summary_write(struct buf *out, const struct tally *t, enum summary_language language);

#endif
