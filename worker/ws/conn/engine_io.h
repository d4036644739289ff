/* engine_io.h -- an Engine.IO v4 session: its id, its transport, its heartbeat. What it carries is the user's
 * (socket_io.h).
 *
 * The transport is one WebSocket, or polling (polling.h) until the client upgrades. Sessions die at the end of the
 * turn, so one may be closed from within its own callbacks. Nothing here yields.
 */
#ifndef CONN_ENGINE_IO_H
#define CONN_ENGINE_IO_H

#include <stdbool.h>

#include "base/hashtab.h"
#include "run/timeout_queue.h"
#include "session_name.h"
#include "sock.h"
#include "worker/ws/wire/chunk.h"

/* A session id: the owner's character, a random name. */
enum { EIO_SID_BYTES = 1 + NAME_BYTES };

struct eio_ops {
	/* A message; `p` may be changed and is freed after the call. */
	void	(*on_message)(void *user, bool binary, char *p, size_t n);
	/* The transport has changed; may be NULL. */
	void	(*on_upgrade)(void *user);
	void	(*on_close)(void *user);
};

struct polling;

struct eio {
	struct hashtab_node	 node;
	struct timeout	 beat;		/* the next ping, or the pong that must come */
	struct client_budget		*budget;	/* counted; what polling sends is charged to it */
	struct allowance	 spent;		/* by polling */
	struct sock		*sock;		/* the transport; NULL: polling */
	struct sock		*probe;		/* a WebSocket that may become the transport */
	struct polling		*polling;	/* while polling is the transport */
	const struct eio_ops	*ops;		/* NULL once closed */
	void			*user;
	struct eio		*next_dead;
	bool			 closed;
	bool			 wide;		/* it takes messages up to WS_MAX_PAYLOAD */
	bool			 pinged;	/* `beat` waits for the pong */
	char			 sid[EIO_SID_BYTES];
};

/* Once a process; `index` is its number among the fanout processes. */
void	 eio_start(int index);
/* A session without a transport yet, of this budget (a reference is taken); the caller attaches one and a user at
 * once. */
struct eio *eio_new(struct client_budget *budget);
struct eio *eio_find(const char *sid);
/* Make an upgraded connection the transport of a new session; `packs` as sock_new. */
struct sock *eio_attach(struct eio *e, int fd, enum pack packs);
/* Make polling the transport of a new session. */
void	 eio_poll(struct eio *e);
/* Take an upgraded connection as the candidate of a polling session; NULL when it does not poll, may not upgrade or has
 * one already. */
struct sock *eio_probe(struct eio *e, int fd, enum pack packs);
/* Send the open packet and start the heartbeat. Called by the user when it is ready. */
void	 eio_begin(struct eio *e, const struct eio_ops *ops, void *user);

/* Its messages may have WS_MAX_PAYLOAD bytes from now on: it has joined a namespace. Until then WS_EARLY_PAYLOAD. */
void	 eio_widen(struct eio *e);
/* Charge the client more for a packet than its bytes. */
void	 eio_charge(struct eio *e, uint64_t bytes);
/* Queue a chunk of whole frames, each an Engine.IO packet. */
void	 eio_push(struct eio *e, struct chunk *c);
/* Whether its transport takes deflated messages. */
bool	 eio_packs(const struct eio *e);
/* Queue one packet: FRAME_TEXT with its type character, or FRAME_BINARY. */
void	 eio_send(struct eio *e, int opcode, const void *p, size_t n);
/* Ends the session and its transport, notifying the client and the user. */
void	 eio_close(struct eio *e, int code);
/* The same, counted as a drop. */
void	 eio_drop(struct eio *e, int code, enum drop why);

/* Close every session (shutdown), and how many there are. */
void	 eio_close_all(int code);
size_t	 eio_count(void);
/* For the hand-over to a successor. All sessions; start with NULL, nothing may come or go on the way. */
struct eio *eio_each(size_t *slot, const struct eio *after);
/* A session as it was elsewhere; the caller gives it a transport and a user. Its heartbeat: when its next ping or pong
 * is due. */
struct eio *eio_restore(const char *sid, struct client_budget *budget);
void	 eio_restore_beat(struct eio *e, bool pinged, int64_t at_ms);
/* Pings at least this often: clients that were told another interval wait no longer than that. The present interval,
 * ms. */
void	 eio_ping_within(int64_t ms);
int64_t	 eio_ping_every(void);
/* Free what was closed. Called at the end of every turn. */
void	 eio_turn(void);

#endif
