/* connection_list.h -- the connections of this process, for operators: their list, and the end of one. Nothing here
 * yields. */
#ifndef LIVE_CONNECTION_LIST_H
#define LIVE_CONNECTION_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Which connections: those with a socket of this user, in this room; NULL: any. */
struct connection_filter {
	const char	*user, *room;
	int64_t		 limit;
};
/* Appends {"total","sockets":[…]} (domain/live/presence.h): at most `limit` of them; `total` counts all. */
void	 connection_list(struct buf *out, const struct connection_filter *f);
/* Ends the connection that has a socket of this id, with all its sockets; its client does not reconnect by itself.
 * False: there is none. */
bool	 connection_end(const char *id);

#endif
