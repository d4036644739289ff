/* handshake_info.h -- the handshake of a client: path, query and headers, from the header that the HTTP worker
 * relays (proc/relay.h). */
#ifndef CONN_HANDSHAKE_INFO_H
#define CONN_HANDSHAKE_INFO_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "worker/ws/wire/frame.h"

struct handshake_info {
	const char	*path, *query, *method;		/* never NULL; query without its '?' */
	enum pack	 packs;				/* as negotiated */
	const char	*ip, *origin, *host, *authorization, *language;	/* NULL: not given */
};
/* Read the header; the strings live in `mem`. 0, E_BAD_REQUEST. */
int	 handshake_info_parse(struct arena *mem, struct str header, struct handshake_info *out);
/* A value of the query string, decoded, in `mem`; NULL when it is absent or malformed. */
const char *handshake_info_query(struct arena *mem, const struct handshake_info *h, const char *name);
/* Whether a page of this origin may connect: no page at all, the page of the same host, or one that CORS_ORIGINS names.
 */
bool	 handshake_info_origin_allowed(const struct handshake_info *h);
/* Whether it is to get events with the documented arguments alone, without the position to recover from. So it is for
 * python-socketio, whose handlers refuse an argument that they do not name, and which does not recover: its query says
 * transport before EIO, others the other way round. */
bool	 handshake_info_exact(const struct handshake_info *h);
/* Whether texts for this client are in English: by its Accept-Language, else DEFAULT_LANGUAGE. */
bool	 handshake_info_english(const struct handshake_info *h);

#endif
