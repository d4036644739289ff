/* pages.h -- the reviews of a product, page by page, the next one being read while one is worked on.
 *
 * At most two pages are in memory, whatever the number of reviews.
 */
#ifndef ANALYZER_PAGES_H
#define ANALYZER_PAGES_H

#include <stdint.h>

#include "base/str.h"

struct pages;		/* one reading under way; on the heap */

/* Start reading from the first review. */
struct pages	*pages_open(const char *product_id, int page_reviews);
/* Let go of what is read; waits for a page under way. Yields. Nulls the pointer. */
void		 pages_close(struct pages **p);
/* The next page, valid until the next call. *n is 0 at the end. Yields, also when the page is there already, so that
 * the loop breathes. What fails for a while is tried again. 0; an error that did not go away; E_CANCELED when the
 * process stops. */
int		 pages_next(struct pages *p, struct str **texts, int *n);

#endif
