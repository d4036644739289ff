/* listener.h -- accepts connections of a listening socket in the loop.
 *
 * Without a descriptor or memory for one more, a connection stays in the backlog and the socket stays readable, so
 * that watching on would spin. The listener logs this (every ten seconds at most), pauses, and retries a tenth of a
 * second later.
 */
#ifndef RUN_LISTENER_H
#define RUN_LISTENER_H

#include <sys/socket.h>

#include "run/loop.h"

/* In the caller's memory; must not move while it watches. */
struct listener {
	struct loop_io	 io;
	struct loop_timer again;	/* active: accepting is paused */
	void		(*take)(int fd, const struct sockaddr *peer, socklen_t n);
	const char	*whose;		/* the kind of peers, for the log: "clients" */
	int64_t		 said_ms;
	bool		 on;
};
/* Prepare to accept from this listening socket (non-blocking; the caller keeps it); listener_watch begins. `take` owns
 * the new descriptor, non-blocking and close-on-exec; it must not yield and may call listener_watch. Once. */
void	 listener_init(struct listener *l, int fd, const char *whose,
    void (*take)(int fd, const struct sockaddr *peer, socklen_t n));
/* Begin or stop accepting; connections wait in the backlog meanwhile. Stop before the socket is closed. */
void	 listener_watch(struct listener *l, bool on);

#endif
