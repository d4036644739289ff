/* shutdown_notice.h -- notifies every client that the server shuts down. Nothing here yields. */
#ifndef SESSION_SHUTDOWN_NOTICE_H
#define SESSION_SHUTDOWN_NOTICE_H

/* Queues server:shutdown {reason, reconnectInMs} to every Socket.IO socket and plain WebSocket. The delays are
 * spread evenly over the clients, so that they do not reconnect all at once. A polling client gets it only where its
 * request waits here: HTTP workers stop at the same time. */
void	 shutdown_notice_send(void);

#endif
