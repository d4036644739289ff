/* handshake.h -- the fast path of a WebSocket handshake: a connection that begins with a plain upgrade request.
 *
 * A client or a proxy opens a connection of its own for a WebSocket and sends one small GET first. When the whole of
 * it has arrived by the time the connection is accepted, and it is beyond doubt, the worker answers it and hands the
 * socket to the fanout without libmicrohttpd; adding a connection to the library and removing it again is half the
 * cost of a handshake. Everything else, refusals included, is left to the library: the bytes are still in the socket.
 * Nothing here yields.
 */
#ifndef HTTP_HANDSHAKE_H
#define HTTP_HANDSHAKE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Take over an accepted connection; false: it still belongs to the caller, with nothing read. */
bool	 handshake_take(int fd, const struct sockaddr *peer);

#endif
