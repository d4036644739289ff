/* utf8.h -- validates UTF-8 (RFC 3629) that arrives in parts, split anywhere: a fault is found in the part that has
 * it. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* A zeroed struct is the beginning of a text. */
struct utf8 {
	unsigned char	 need;		/* bytes to come of the present sequence */
	unsigned char	 lo, hi;	/* bounds of its next one */
};
/* Add a part; false when the text can be no UTF-8 any more. */
bool	 utf8_add(struct utf8 *u, const void *p, size_t n);
/* Whether the text may end here. */
bool	 utf8_whole(const struct utf8 *u);

#endif
