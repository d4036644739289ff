/* handshake.h -- the short way of a WebSocket: a connection that begins with a plain request to upgrade.
 *
 * What a client or a proxy sends first on a connection of a WebSocket's own is one small GET. Where it is there, whole
 * and beyond doubt, when the connection is accepted, it is answered and given to the fanout at once, without the
 * library: half the cost of a handshake is in taking the connection into the library and out again. Everything else,
 * every refusal too, is left to it: the bytes are still in the socket. Nothing here yields.
 */
#ifndef HTTP_HANDSHAKE_H
#define HTTP_HANDSHAKE_H

#include <stdbool.h>
#include <sys/socket.h>

/* Take an accepted connection over; false: it is still the caller's, untouched. */
bool	 handshake_take(int fd, const struct sockaddr *peer);

#endif
