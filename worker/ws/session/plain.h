/* plain.h -- the plain JSON WebSocket at /ws: {"type":"subscribe"|"unsubscribe","taskId":…} and {"type":"ping"} in, the
 * JSON of each update out. Messages are handled in order, each in a coroutine, as Socket.IO's.
 */
#ifndef SESSION_PLAIN_H
#define SESSION_PLAIN_H

#include "run/timeout_queue.h"
#include "worker/ws/conn/handshake_info.h"
#include "worker/ws/conn/inbox.h"
#include "worker/ws/conn/rate_window.h"
#include "worker/ws/conn/session_name.h"
#include "worker/ws/room/ws_room.h"

struct plain {
	struct inbox	 inbox;
	struct peer	 peer;
	struct client_budget	*budget;	/* counted */
	struct sock	*sock;		/* NULL once closed */
	struct plain	*next, **at;	/* of all */
	struct timeout beat;
	struct rate_window	 window;	/* of its messages */
	int64_t		 since_ms;	/* connected then, wall clock; 0: unknown */
	char		 id[NAME_BYTES];
	bool		 pinged, english;
};

/* Once a process. */
void	 plain_start(void);
/* Takes over an upgraded descriptor; `early` is what arrived behind the request. */
void	 plain_open(struct client_budget *budget, int fd, const struct handshake_info *h, struct str early);
/* For the hand-over to a successor. The first of all; and one as it was elsewhere, in no room yet. */
struct plain *plain_first(void);
struct plain *plain_restore(struct client_budget *budget, int fd, enum pack packs, int64_t beat_at_ms);
/* Ends one. */
void	 plain_close(struct plain *c, int code);
/* Close every one (shutdown), and how many there are. */
void	 plain_close_all(int code);
int	 plain_count(void);

#endif
