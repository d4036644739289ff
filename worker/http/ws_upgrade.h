/* ws_upgrade.h -- WebSocket handshakes (RFC 6455, 4.2): answered here, the socket then lives in the fanout. Nothing
 * here yields. */
#ifndef HTTP_WS_UPGRADE_H
#define HTTP_WS_UPGRADE_H

#include "req.h"

/* Whether the request asks for a WebSocket that is served here. One by Engine.IO's protocol other than 4 is not: the
 * fanout refuses it as a request of polling, in Engine.IO's words. */
bool	 ws_upgrade_asked(const struct req *rq);
/* Whether the request may become a WebSocket. 0; the reply's headers are then set. E_BAD_REQUEST, E_UPGRADE (another
 * version), E_DOWN (no fanout). */
int	 ws_upgrade_check(struct req *rq);
/* Whether the fanout sends first: not where a session probes another transport, nor on a plain WebSocket. */
bool	 ws_upgrade_speaks_first(const struct req *rq);
/* The 101 was sent: give the socket, and what its client sent behind the request, to the fanout. `fd` is no longer the
 * caller's. */
void	 ws_upgrade_hand_over(struct req *rq, int fd, struct str early);

#endif
