/* fanout.h -- this worker's connections to the fanout processes: hands sockets over and relays polling (proc/relay.h).
 *
 * A session id names its owner; a request without one goes to the next process that is up. When a connection is lost,
 * requests that wait on it fail with E_DOWN; it is reopened when next needed.
 */
#ifndef HTTP_FANOUT_H
#define HTTP_FANOUT_H

#include "req.h"

/* Start; once a process, after the hooks that queue frames: queued frames are sent at the end of each turn. */
void	 fanout_start(void);
void	 fanout_close(void);
/* The process that owns the request's session, connected; 0 when there is none. */
int	 fanout_owner(struct req *rq);
/* Hand the upgraded socket over to rq->owner, with the bytes that came behind the request. Takes `fd`. */
void	 fanout_hand_over(struct req *rq, int fd, struct str early);
/* Relay an Engine.IO polling request and answer with what comes back. Yields. 0, E_DOWN, E_TIMEOUT, E_CANCELED. */
int	 fanout_poll(struct req *rq);

#endif
