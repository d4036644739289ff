/* cors.h -- which pages of other origins may read our answers (CORS_ORIGINS). Nothing here yields. */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "req.h"

/* Whether a page of this origin may read answers. */
bool	 cors_allows(const char *origin);
/* The CORS headers of any answer, none for a request without Origin or from a foreign one: at most 3. Returns how many.
 */
int	 cors_headers(const struct req *rq, struct reply_header *headers);
/* Answer an OPTIONS request: a preflight, or the plain question which methods the path has (rq->match.allowed). */
void	 cors_options(struct req *rq);

#endif
