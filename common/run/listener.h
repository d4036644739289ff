/* listener.h -- a listening socket in the loop: whoever connects is accepted.
 *
 * Without a descriptor or memory for one more, a connection stays in the queue; looking on would only turn in circles,
 * so the listener says so (at most every ten seconds), looks away, and tries again a tenth of a second later.
 */
#ifndef RUN_LISTENER_H
#define RUN_LISTENER_H

#include <sys/socket.h>

#include "run/loop.h"

/* In the caller's memory; must not move while it watches. */
struct listener {
	struct loop_io	 io;
	struct loop_timer again;	/* active: it looks away */
	void		(*take)(int fd, const struct sockaddr *peer, socklen_t n);
	const char	*whose;		/* who connects, for the log: "clients" */
	int64_t		 said_ms;
	bool		 on;
};
/* Accept from this listening socket (non-blocking; it stays the caller's) as soon as listener_watch says so. `take`
 * owns the new descriptor, non-blocking and closed on exec; it must not yield, and may call listener_watch. Once. */
void	 listener_init(struct listener *l, int fd, const char *whose,
    void (*take)(int fd, const struct sockaddr *peer, socklen_t n));
/* From now on accept, or do not: who connects waits in the queue. Off before the socket is closed. */
void	 listener_watch(struct listener *l, bool on);

#endif
