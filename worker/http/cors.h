/* cors.h -- which pages of other origins may read Dure's answers (CORS_ORIGINS). Nothing here yields. */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "req.h"

/* Whether a page of this origin may read answers. */
bool	 cors_allows(const char *origin);
/* The CORS headers of any answer, none for a request without Origin or from a foreign one: at most 3. Returns how many.
 */
int	 cors_headers(const struct req *rq, struct reply_header *headers);
/* Answer an OPTIONS request: a preflight, or a plain query for the methods of the path (rq->match.allowed). */
void	 cors_options(struct req *rq);

#endif
