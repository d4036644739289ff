/* socket_io.h -- Socket.IO v5: the sockets of one session, one per namespace, and their packets.
 *
 *
 * Packets of one session are handled in order, each in a coroutine (inbox.h); the heartbeat, the limits and the
 * answers to our own questions are not. A struct sio is one socket of one namespace; a handler of its session may
 * use it after a yield, but its peer may be gone by then. Yields: sio_ask. See: socket_io.c (in), socket_io_out.c
 * (sockets, out), namespace.c (entering a namespace).
 */
#ifndef SESSION_SOCKET_IO_H
#define SESSION_SOCKET_IO_H

#include <stdbool.h>
#include <stdint.h>

#include "credential.h"
#include "run/timeout_queue.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/handshake_info.h"
#include "worker/ws/conn/inbox.h"
#include "worker/ws/conn/rate_window.h"
#include "worker/ws/room/ws_room.h"
#include "worker/ws/wire/packet.h"

enum { SIO_ID_BYTES = NAME_BYTES };

struct sio {
	struct peer	 peer;
	struct session	*session;
	struct sio	*next;	/* of the session; including those whose peer has left, until the next packet */
	struct credential	*credential;			/* NULL: anonymous */
	const char	*user;			/* of the credential, or NULL; until the next wait, as the credential */
	struct question	*questions;		/* that the client has not answered */
	uint32_t	 last_question;
	struct timeout renewal;	/* of its record in Redis (session_store.h); runs while it is connected */
	char		 id[SIO_ID_BYTES];
	char		 pid[SIO_ID_BYTES];	/* its secret name for recovery */
};

struct session {
	struct inbox	 inbox;
	struct eio	*eio;			/* NULL once closed */
	struct sio	*sockets;
	struct timeout join_timeout;		/* it must join a namespace by then */
	struct inbox_item *half;		/* a binary packet whose attachments are still to come */
	char		*bearer;		/* the token of its Authorization header, on the heap; NULL: none */
	int64_t		 since_ms;		/* connected then, wall clock; 0: unknown */
	struct rate_window	 window;		/* of its events */
	uint32_t	 half_bytes;
	uint32_t	 held;			/* bytes of the half and of the inbox, charged to the budget */
	bool		 english;
	bool		 exact;			/* its events are without the position (handshake_info_exact) */
};

/* Once a process. */
void	 sio_start(void);
/* The user of a new Engine.IO session. */
void	 sio_open(struct eio *e, const struct handshake_info *h);
/* For the hand-over to a successor. The user of an Engine.IO session; NULL: it is none of ours. And a session as it was
 * elsewhere; `joining`: it has to join a namespace soon. */
struct session *sio_session(const struct eio *e);
struct session *sio_restore(struct eio *e, bool joining);
/* End the oldest session that has joined no namespace; false: there is none. */
bool	 sio_drop_idle(void);
/* The session's socket of this namespace, or NULL. */
struct sio *sio_find(const struct session *ses, struct str nsp);
struct caller;
/* The caller that this socket stands for now, copied into `mem`; user "" when it is anonymous. */
struct caller sio_caller(const struct sio *s, struct arena *mem);
/* The peer breaks the protocol: end the session. */
void	 sio_fail(struct session *ses);

/* Emits an event with one argument to one socket; harmless when the socket has ended. */
void	 sio_emit(struct sio *s, const char *event, struct str payload);
/* Acknowledge event `ack` of the client with one argument. */
void	 sio_ack(struct sio *s, int64_t ack, struct str payload);
/* An event (ack -1, or PACKET_ACK and the event's): `args` is the whole JSON array, its attachments may be NULL. */
void	 sio_send(struct sio *s, enum packet_type type, int64_t ack, struct str args, const struct attachments *a);
/* A packet of a namespace that need not have a socket. */
void	 sio_packet(struct session *ses, enum packet_type type, const char *nsp, int64_t ack, struct str data);

/* The client's acknowledgement of an event, in the arena of the coroutine. */
struct answer {
	const struct json *args;		/* an array */
	struct attachments attachments;
};
/* Emits an event that the client is to acknowledge, and waits for that at most `timeout_ms`. Yields. 0, E_TIMEOUT,
 * E_CANCELED (the socket ended), E_BAD_REQUEST (no array). */
int	 sio_ask(struct sio *s, const char *event, struct str payload, int64_t timeout_ms, struct answer *out);
/* The client's acknowledgement has come, the item is the callee's; and: there will be none any more. */
void	 sio_answered(struct sio *s, int64_t ack, struct inbox_item *it);
void	 sio_forget_questions(struct sio *s);

#endif
