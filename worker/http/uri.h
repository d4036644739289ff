/* uri.h -- splits a request target in place into decoded path segments and query pairs. Nothing here yields. */
#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/param.h"

enum { URI_SEGMENTS_MAX = 16, URI_PAIRS_MAX = 32, URI_BYTES_MAX = 8192 };

struct uri {
	struct str	 segments[URI_SEGMENTS_MAX];	/* decoded, NUL-terminated */
	size_t		 n_segments;
	char		*query;				/* behind the '?', still encoded; NULL: none */
};

/* Split `text` (`n` bytes and a NUL); it is overwritten and must live as long as *u. One '/' at the end is ignored. 0,
 * or E_BAD_REQUEST (no path, bad escape, encoded NUL), E_UTF8, E_NO_ROUTE (more segments than any route has). */
int	 uri_split(struct uri *u, char *text, size_t n);
/* Decode a query in place into at most URI_PAIRS_MAX pairs; more are E_BAD_REQUEST. Errors as uri_split. */
int	 uri_pairs(char *query, struct pair *pairs, size_t *n);

#endif
