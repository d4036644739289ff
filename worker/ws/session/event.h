/* event.h -- events of Socket.IO clients: a table of handlers, one dispatcher that binds, limits and acknowledges.
 *
 * A handler runs in a coroutine. It acknowledges by call_ack when it has done its work, and returns 0; an error it
 * returns before that is acknowledged by the dispatcher, or emitted as `error` when the client asked for no
 * acknowledgement. The caller is copied when the event is dispatched, so that the handler keeps it when the token
 * expires or is revoked meanwhile. The client passes an object, or in the place of an object with one member
 * that member's value alone.
 */
#ifndef SESSION_EVENT_H
#define SESSION_EVENT_H

#include <stdbool.h>

#include "base/json.h"
#include "base/param.h"
#include "socket_io.h"
#include "worker/domain/core/caller.h"

enum event_auth { AUTH_NONE, AUTH_USER };

struct call {
	/* may leave at any wait (s->peer.gone); s->user and s->pass end with that, `who` does not */
	struct sio	*s;
	struct arena	*mem;		/* until the handler returns */
	struct caller	 who;		/* the caller, in `mem`; user "": anonymous */
	const struct json *body;	/* the first argument, as an object; NULL: none */
	const struct json *first;	/* the first argument as it came; json_next: the others; NULL: none */
	const struct attachments *blobs;	/* what placeholders among them stand for */
	int64_t		 ack;		/* -1: none asked for */
	bool		 acked;
	int64_t		 wait_s;	/* of a refusal: it may be tried again then; 0: nothing to say */
	struct str	 details;	/* of a refusal: its faults as JSON; n 0: nothing to say */
};

struct event {
	const char	*nsp, *name;		/* nsp "*": in every namespace */
	int		(*handle)(struct call *c, const void *args);
	const struct param *params;	/* at most EVENT_ARGS_BYTES of arguments */
	enum event_auth	 auth;
	int64_t		 deadline_ms;
	/* for the documents; shapes are written as in base/shape.h */
	const char	*help;		/* NULL: of the tests, and in no document */
	const char	*ack;		/* the shape of what is acknowledged when it succeeds */
	const char	*room;		/* that it enters or leaves; NULL: none */
	const char	*who;		/* who of the users `auth` admits may send it; NULL: all of them */
	const char	*arg;		/* the shape of the argument; NULL: as `params` say */
};
#define ACK_DONE "{ok:true}"
#define ACK_ROOM "{ok:true, room:string}"
enum { EVENT_ARGS_BYTES = 256 };

/* Once a process: all tables, each ending with a NULL name; the list ends with NULL, and is referenced. One of them is
 * for WS_PROTOCOL_TEST only. */
void	 event_start(const struct event *const *all, const struct event *for_tests);

/* Acknowledge with this JSON, once. */
void	 call_ack(struct call *c, struct str json);

/* Handle one event: [name, argument…] and its attachments. Yields. */
void	 event_handle(struct sio *s, const struct json *args, int64_t ack, const struct attachments *blobs);
/* Refuse an event with this error; it may be tried again in `wait_s` (0: nothing to say). Does not yield. */
void	 event_refuse(struct sio *s, int64_t ack, int rc, int64_t wait_s);

#endif
