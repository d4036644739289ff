/* negation_ko.h -- finds the negated parts of a Korean text, for features.c. */
#ifndef ANALYZER_NEGATION_KO_H
#define ANALYZER_NEGATION_KO_H

#include <stdbool.h>

#include "features.h"

/* Numbers the negated predicates: negated[i] is 0 or the number of the one that symbol i belongs to. False, and
 * nothing written, when there is none. Recognised forms: "안 좋다", "안좋다", "못 보겠다", "좋지 않다", "좋지는 않다", "좋지않다", "만족하지
 * 못했다"; not the rhetorical question ("재밌지 않나요"). */
bool	 find_negated(const struct symbols *s, uint8_t negated[SYMBOLS_MAX]);

#endif
