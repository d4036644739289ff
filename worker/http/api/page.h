/* page.h -- the page that a browser gets for an unknown address. */
#ifndef HTTP_API_PAGE_H
#define HTTP_API_PAGE_H

#include <stdbool.h>

struct req;

/* Answer 404 with a page where a browser navigates (GET or HEAD that accepts text/html). False: nothing was answered,
 * and the usual JSON is due. Needs no arena, does not yield. */
bool	 page_missing(struct req *rq);

#endif
