/* sock.h -- one WebSocket connection: frames in, a queue of shared chunks out, the close handshake.
 *
 * What a turn of the loop queues is sent in one write, and all writes of a turn in one system call (ring.h).
 * Backpressure: a socket whose peer does not read may queue WS_QUEUE_BYTES, and the kernel as much again; beyond that
 * events are dropped (overflow.h), or the socket is closed. The owner gets each message and, once, the end; after
 * that, and after sock_close, it must not use the socket. The memory is freed at the end of the turn, so a socket may
 * be closed from within its own callbacks. Nothing here yields.
 */
#ifndef CONN_SOCK_H
#define CONN_SOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "client_budget.h"
#include "run/loop.h"
#include "run/timeout_queue.h"
#include "worker/ws/wire/chunk.h"
#include "worker/ws/wire/frame.h"

struct sock_ops {
	/* A whole message; the bytes may be changed and are freed after the call. */
	void	(*on_message)(void *owner, int opcode, char *p, size_t n);
	/* The connection has ended, by this close code (CLOSE_ABNORMAL: without). */
	void	(*on_close)(void *owner, int code);
};

/* Cells of M_WS_DROPS. */
enum drop { DROP_SLOW, DROP_PROTOCOL, DROP_TIMEOUT, DROP_LIMIT, DROP_SHUTDOWN, DROP_ERROR, DROP_ADDRESS, DROP_IDLE };

enum sock_state {
	SOCK_OPEN,
	SOCK_CLOSING,		/* our close frame was queued, nothing is queued behind it; the peer's is waited for */
	SOCK_CLOSED,		/* the peer's has come, or it failed: what is queued is still written */
	SOCK_DEAD,		/* the descriptor is closed */
	SOCK_STATES
};

/* What a socket has in addition while its input is unfinished or throttled. */
struct sock_rest {
	struct sock		*sock;
	struct buf		 in;		/* the beginning of a frame, or what waits */
	struct message		 message;	/* between two of its frames */
	struct timeout		 throttle_timeout;	/* when it is looked whether it may be read again */
};

struct sock {
	struct loop_io		 io;
	struct queue		 out;
	struct sock_rest	*rest;		/* NULL: none, as for an idle one */
	const struct sock_ops	*ops;		/* NULL: it has no owner any more */
	void			*owner;
	struct sock		*next;		/* dirty or dead */
	struct timeout		 wait;		/* until what is lazy is written; when not OPEN, until it is given up */
	struct client_budget	*budget;	/* counted */
	struct allowance	 spent;
	uint32_t		 held;		/* charged to the budget */
	uint32_t		 payload_max;	/* bytes of a message */
	bool			 throttled;	/* it has spent its input: it is not read */
	uint8_t			 state;		/* enum sock_state; changed by sock_enter only */
	bool			 dirty;		/* it has something to write at the end of the turn */
	bool			 blocked;	/* the kernel takes no more of it */
	uint8_t			 packs;		/* enum pack */
	bool			 failed;	/* the peer broke the protocol or a limit */
	bool			 heard;		/* something came since this was last cleared */
};

/* Once a process. */
void	 sock_start(void);
/* Take over the descriptor of an upgraded connection, which has TCP_NODELAY; `packs`: how permessage-deflate
 * was negotiated. What it sends is charged to the budget, of which it takes a reference; its messages have at most
 * WS_EARLY_PAYLOAD bytes. */
struct sock *sock_new(int fd, enum pack packs, struct client_budget *budget, const struct sock_ops *ops, void *owner);
/* From now on they have at most WS_MAX_PAYLOAD. */
void	 sock_widen(struct sock *s);
/* Charge more for a message than its bytes. */
void	 sock_charge(struct sock *s, uint64_t bytes);
/* The bytes that came with the descriptor. May call back. */
void	 sock_feed(struct sock *s, struct str early);
/* Take what has come by now. May call back. */
void	 sock_look(struct sock *s);
/* Whether something has come that was not read; `s` may be NULL. */
bool	 sock_has_more(const struct sock *s);
/* Give it another owner. */
void	 sock_adopt(struct sock *s, const struct sock_ops *ops, void *owner);
/* Queue a chunk (a reference is taken). A lazy one is written after WS_PACE_MS, or with the next that is not. */
void	 sock_push(struct sock *s, struct chunk *c);
/* Queue all of `q`, which is empty then. */
void	 sock_push_all(struct sock *s, struct queue *q);
/* From how many bytes on messages to it are deflated; 0: never, also for NULL. */
size_t	 sock_pack_from(const struct sock *s);
/* Queue one frame. */
void	 sock_send(struct sock *s, int opcode, const void *p, size_t n);
/* Begin the close handshake: send what is queued and a close frame with this code, then wait briefly for the
 * peer's. The owner is not called. */
void	 sock_close(struct sock *s, int code);
/* For the hand-over to a successor. Pause reading from all sockets; when it is lifted, call sock_go_on for each. */
void	 sock_pause(bool on);
void	 sock_go_on(struct sock *s);
/* The rest of its input, made if there is none. */
struct sock_rest *sock_need_rest(struct sock *s);
/* Iterate over the sockets in the close handshake; start with NULL. */
const struct sock *sock_each_closing(const struct sock *after);
/* A new socket whose queue was filled continues its predecessor's: `sent` bytes of its first chunk were sent, it is
 * OPEN, CLOSING or CLOSED. */
void	 sock_restore(struct sock *s, uint32_t sent, enum sock_state state);
/* Count a drop. */
void	 sock_count_drop(enum drop why);
/* Sockets whose descriptor is open. */
int	 sock_count(void);
/* Write what this turn queued, free what died. Called at the end of every turn. */
void	 sock_turn(void);

#endif
