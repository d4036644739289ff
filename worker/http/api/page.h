/* page.h -- the page for who comes to an address where there is none. */
#ifndef HTTP_API_PAGE_H
#define HTTP_API_PAGE_H

#include <stdbool.h>

struct req;

/* Answer 404 with a page, where a browser navigates there (GET or HEAD that takes text/html); false: nothing was
 * answered, the usual JSON is due. Needs no arena, does not yield. */
bool	 page_missing(struct req *rq);

#endif
