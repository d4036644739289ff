/* handshake_info.h -- what a client said about itself when it came: the header that the HTTP worker relays
 * (proc/relay.h). */
#ifndef CONN_HANDSHAKE_INFO_H
#define CONN_HANDSHAKE_INFO_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

struct hello {
	const char	*path, *query, *method;		/* never NULL; query without its '?' */
	bool		 packs;				/* permessage-deflate was negotiated */
	const char	*ip, *origin, *host, *authorization, *language;	/* NULL: not given */
};
/* Read the header; the strings live in `mem`. 0, E_BAD_REQUEST. */
int	 hello_parse(struct arena *mem, struct str header, struct hello *out);
/* A value of the query string, decoded, in `mem`; NULL when it is absent or malformed. */
const char *hello_query(struct arena *mem, const struct hello *h, const char *name);
/* Whether a page of this origin may connect: no page at all, the page of the same host, or one that CORS_ORIGINS names.
 */
bool	 hello_origin_allowed(const struct hello *h);
/* Whether texts for this client are in English: by its Accept-Language, else DEFAULT_LANGUAGE. */
bool	 hello_english(const struct hello *h);

#endif
