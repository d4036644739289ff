/* polling.h -- Engine.IO over HTTP long-polling: one GET that waits for packets, POSTs that bring them.
 *
 * Packets wait in a queue until a GET is there; it is answered at the end of the turn. A second GET beside a waiting
 * one, or a client that disconnects during its GET, ends the session, as in the reference. The packet that closes the
 * session goes alone: clients hand a payload's messages on after they have read all of it, and none of a session that
 * is closed. The owner is the session (engine_io.h). Nothing here yields.
 */
#ifndef CONN_POLLING_H
#define CONN_POLLING_H

#include "front.h"
#include "sock.h"
#include "worker/ws/wire/chunk.h"

struct polling_ops {
	/* A packet of a POST; the bytes may be changed. E_BAD_REQUEST: it was none, and the session has ended. */
	int	(*on_packet)(void *owner, bool binary, char *p, size_t n);
	/* The client has abandoned its GET. */
	void	(*on_close)(void *owner, int code);
	/* The session cannot go on. */
	void	(*on_drop)(void *owner, int code, enum drop why);
};

enum polling_end {
	POLLING_LEFT,		/* the client says so: its GET returns by a noop, also one that comes late */
	POLLING_CLOSED,		/* a close packet follows what is queued; late GETs fetch what remains */
	POLLING_FAILED,		/* the same if a GET waits; otherwise the session is unknown from now on */
};

/* The transport of the session `sid`. What it sends is charged to the budget, and to `spent`. All three are the owner's
 * and outlive it. POSTs have at most WS_EARLY_PAYLOAD bytes. */
struct polling *polling_new(const char *sid, struct client_budget *budget, struct allowance *spent,
    const struct polling_ops *ops, void *owner);
/* End it, because the session moves to `to`, which gets what is queued. The memory goes at the end of the turn. */
void	 polling_move(struct polling *p, struct sock *to);
/* End it with the session. */
void	 polling_end(struct polling *p, enum polling_end how);
/* From now on POSTs have at most WS_MAX_PAYLOAD bytes. */
void	 polling_widen(struct polling *p);
void	 polling_push(struct polling *p, struct chunk *c);
/* The client's requests. */
void	 polling_get(struct polling *p, struct asker who);
void	 polling_post(struct polling *p, struct asker who, struct str body);
/* While `on` the client tries another transport: a GET is answered at the end of the turn, with a noop if need be. */
void	 polling_probe(struct polling *p, bool on);
/* The client is about to upgrade: look at a waiting GET at the end of this turn. */
void	 polling_release(struct polling *p);
/* Answer this GET now, with a noop if need be. */
void	 polling_return(struct asker who);
/* The client of this GET has disconnected; that of every GET of this connection. */
void	 polling_cancel(struct asker who);
void	 polling_cancel_all(uint32_t front);
/* For the hand-over to a successor: what is queued, and whether a GET waits and whose. Those that came by another host
 * return. */
const struct queue *polling_queue(const struct polling *p);
bool	 polling_waits(const struct polling *p, struct asker *who);
void	 polling_return_remote(void);
/* Answer the GETs that have something to return. Called at the end of every turn. */
void	 polling_turn(void);

#endif
