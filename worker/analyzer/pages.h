/* pages.h -- the reviews of a product, page by page; the next page is read while one is processed.
 *
 * At most two pages are in memory, whatever the number of reviews.
 */
#ifndef ANALYZER_PAGES_H
#define ANALYZER_PAGES_H

#include <stdint.h>

#include "base/str.h"

struct pages;		/* one pass over the reviews; on the heap */

/* Begins with the first review. */
struct pages	*pages_open(const char *product_id, int page_reviews);
/* Frees the pages; waits for one being read. Yields. Nulls the pointer. */
void		 pages_close(struct pages **p);
/* The next page, valid until the next call; *n is 0 at the end. Always yields, so that the loop is not blocked by a
 * page that is there already. Retries passing errors. 0; an error that persisted; E_CANCELED when the process stops. */
int		 pages_next(struct pages *p, struct str **texts, int *n);

#endif
