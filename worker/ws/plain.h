/* plain.h -- the plain JSON WebSocket at /ws: {"type":"subscribe"|"unsubscribe","taskId":…} and {"type":"ping"} in, the JSON of each
 * update out. Messages are handled in order, each in a coroutine, as Socket.IO's.
 */
#ifndef WS_PLAIN_H
#define WS_PLAIN_H

#include "hello.h"

/* Once a process. */
void	 plain_start(void);
/* Take over an upgraded descriptor; `early` is what came behind the request. */
void	 plain_open(int fd, const struct hello *h, struct str early);
/* Close every one (shutdown), and how many there are. */
void	 plain_close_all(int code);
int	 plain_count(void);

#endif
