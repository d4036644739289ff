/* shutdown_notice.h -- tells every client that the server goes away. Nothing here yields. */
#ifndef SESSION_SHUTDOWN_NOTICE_H
#define SESSION_SHUTDOWN_NOTICE_H

/* Queue server:shutdown {reason, reconnectInMs} to every Socket.IO socket and plain WebSocket. The delays are spread
 * evenly over the clients, so that they do not reconnect all at once. A client of polling is told only where its
 * request waits here: HTTP workers stop at the same time. */
void	 shutdown_notice_send(void);

#endif
