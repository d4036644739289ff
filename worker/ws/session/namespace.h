/* namespace.h -- entering and leaving namespaces: their list, access to them, its end. Yields: namespace_connect,
 * where there is a connection to recover. */
#ifndef SESSION_NAMESPACE_H
#define SESSION_NAMESPACE_H

#include "socket_io.h"
#include "worker/ws/wire/encode.h"

/* Once a process. */
void	 namespace_start(void);
/* A CONNECT packet: a new socket, or a CONNECT_ERROR; a second one for the same namespace is ignored, as the
 * client's library sends two when connect is called while it connects. In the session's own coroutine. */
void	 namespace_connect(struct session *ses, const struct packet *k);
/* The client leaves; its rooms and its memory go. In the session's own coroutine. */
void	 namespace_disconnect(struct sio *s);
/* Makes the socket leave: it gets the error and a DISCONNECT. From anywhere; the memory stays until the session's
 * next packet. */
void	 namespace_expel(struct sio *s, int rc);
/* Makes it leave with a DISCONNECT alone, after which the client does not come back by itself. Likewise. */
void	 namespace_eject(struct sio *s);
/* Forget the sockets that left so. In the session's own coroutine. */
void	 namespace_reap(struct session *ses);
/* The session has ended: its sockets leave their rooms, then are freed. */
void	 namespace_leave_all(struct session *ses);
void	 namespace_free_all(struct session *ses);

/* A socket as it was elsewhere: in no room yet, and silent about those it enters until `peer.moved` is set by
 * namespace_restored, which also expels it when its token (sub NULL: anonymous) has been revoked meanwhile. */
struct token;
struct sio *namespace_restore(struct session *ses, enum dialect d, const char *id, const char *pid,
    const struct token *t);
void	 namespace_restored(struct sio *s);

/* Read a token that came on a live socket: of the same user, or of any where the socket is anonymous. It counts for
 * every socket of the session that is this user's. 0 and *t in `mem`; E_FORBIDDEN (another user), E_CANCELED (the
 * socket has gone meanwhile), errors as admission_verify. Yields. */
int	 namespace_refresh(struct sio *s, struct arena *mem, const char *token, struct token *t);

#endif
