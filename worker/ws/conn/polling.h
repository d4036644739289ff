/* polling.h -- Engine.IO over HTTP long-polling: one GET that waits for packets, POSTs that bring them.
 *
 * Packets wait in a queue until a GET is there; it is answered at the end of the turn. A second GET beside a waiting
 * one, or a client that goes away from its GET, ends the session, as the reference does. Nothing here yields.
 */
#ifndef CONN_POLLING_H
#define CONN_POLLING_H

#include "engine_io.h"
#include "front.h"
#include "worker/ws/wire/chunk.h"

/* Make polling the transport of a new session. */
void	 polling_attach(struct eio *e);
/* End it: what is queued goes to `to`, or with the waiting GET when NULL. */
void	 polling_detach(struct eio *e, struct sock *to);
void	 polling_push(struct eio *e, struct chunk *c);
/* The client's requests. */
void	 polling_get(struct eio *e, struct asker who);
void	 polling_post(struct eio *e, struct asker who, struct str body);
/* Let the waiting GET return, with a noop if need be: the client is about to upgrade. */
void	 polling_release(struct eio *e);
/* Answer this GET now, with a noop if need be. */
void	 polling_return(struct asker who);
/* Nobody waits for this GET any more; nor for any of this connection. */
void	 polling_cancel(struct asker who);
void	 polling_cancel_all(uint32_t front);
/* For the hand-over to a successor: what is queued, and whether a GET waits and whose. Those that came by another host
 * return. */
const struct queue *polling_queue(const struct eio *e);
bool	 polling_waits(const struct eio *e, struct asker *who);
void	 polling_return_remote(void);
/* Answer the GETs that have something to return. Called at the end of every turn. */
void	 polling_turn(void);

#endif
