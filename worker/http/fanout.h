/* fanout.h -- this worker's connections to the fanout processes: sockets handed over, polling relayed (proc/relay.h).
 *
 * A session id names its owner; a request without one goes to the next process that is up. A lost connection fails what
 * waits on it with E_DOWN and is tried again when next needed.
 */
#ifndef HTTP_FANOUT_H
#define HTTP_FANOUT_H

#include "req.h"

/* Once a process, after what queues: frames leave at the end of each turn. */
void	 fanout_start(void);
void	 fanout_close(void);
/* Which process the request is for, connected; 0 when none is there. */
int	 fanout_owner(struct req *rq);
/* Give the upgraded socket away to rq->owner, with the bytes that came behind the request. */
void	 fanout_hand_over(struct req *rq, int fd, struct str early);
/* Relay an Engine.IO polling request and answer with what comes back. Yields. 0, E_DOWN, E_TIMEOUT, E_CANCELED. */
int	 fanout_poll(struct req *rq);

#endif
