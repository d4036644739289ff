/* entry.h -- where a client comes in: an upgraded descriptor or a polling request finds its protocol and its session by
 * path, query and origin. Nothing here yields.
 */
#ifndef CONN_ENTRY_H
#define CONN_ENTRY_H

#include <stdbool.h>

#include "engine_io.h"
#include "handshake_info.h"

/* The users of connections. */
struct entry_ops {
	/* Become the user of a new Engine.IO session. */
	void	(*open_session)(struct eio *e, const struct handshake_info *h);
	/* End the oldest session that has joined no namespace; false: there is none. */
	bool	(*drop_idle)(void);
	/* Takes over a plain WebSocket; `early` is what arrived behind the request. */
	void	(*open_plain)(struct client_budget *budget, int fd, const struct handshake_info *h, struct str early);
	/* How many of them there are. */
	int	(*count_plain)(void);
};

/* Once a process: let clients in from now on (front.h). */
void	 entry_start(const struct entry_ops *wanted);
/* Refuse newcomers from now on: this process is to end. */
void	 entry_stop(void);

#endif
