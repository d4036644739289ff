/* session_store.h -- stores the sockets of this process in Redis, so that others can recover and list them.
 *
 * ws:session:{pid}: hash id, dialect, user, owner "<process>/<Engine.IO id>", since, ended?, +{room} "<seq>:<index>":
 * what recover.c needs. Renewed while the socket lives, kept WS_RECOVERY_MS after its end.
 * ws:process:{process}: exists while that process lives, and WS_RECOVERY_MS after. Claims of its sessions are control
 * events in the room of that process (ROOM_PROCESS), so that a replay brings those that it missed.
 * websocket_connections:{taskId}: hash user id -> id of the socket that entered analysis:{taskId} last; an anonymous
 * socket is its own field. ws:task:{taskId}: each user's sockets and their connections.
 * websocket_connection:{userId}, user_online:{userId}: the id of one of the user's sockets; "true", from a login too.
 * ws:user:{userId}: all of them.
 *
 * Written when a socket connects, ends, or enters or leaves a room, never for an event. Nothing here yields.
 */
#ifndef SESSION_SESSION_STORE_H
#define SESSION_SESSION_STORE_H

#include <stdbool.h>

#include "socket_io.h"

/* A control event in the room of a process: {"sid"} of its Engine.IO session that another process has recovered. */
#define SESSION_CLAIM_EVENT "!claim"

/* Once a process; `index` is its number among the fanout processes of the host. */
void	 session_store_start(int index);
/* Takes the place of a predecessor: with the name of one whose sockets were taken over, they keep their entries;
 * else (NULL) the entries of one that was killed are removed. Once, after session_store_start. */
void	 session_store_succeed(const char *predecessor);
/* The socket came from the predecessor; its session is renewed at `at_ms` (monotonic). */
void	 session_store_restore(struct sio *s, int64_t at_ms);
/* The unique name of this process: "<host>:<port>:<index>:<random>". */
const char *session_store_process(void);
/* The owner field of this connection's sessions, in `mem`. */
const char *session_store_owner(struct arena *mem, const struct eio *e);
/* A new socket is connected, in no room yet: writes its session. */
void	 session_store_new(struct sio *s);
/* The socket is connected and in rooms already: writes its session again. */
void	 session_store_socket(struct sio *s);
/* The socket has entered or left a room. */
void	 session_store_room(struct sio *s, const struct member *m, bool in);
/* The socket has ended; called before it leaves its rooms and loses its connection. `for_good`: the client ended it,
 * there will be no recovery. */
void	 session_store_end(struct sio *s, bool for_good);

#endif
