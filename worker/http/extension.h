/* extension.h -- Sec-WebSocket-Extensions: negotiates permessage-deflate (RFC 7692), the only extension supported.
 * Pure.
 *
 * The server compresses each message on its own, so that a broadcast is compressed once, and keeps no decompressor for
 * each socket: the answer demands no context takeover from both sides.
 */
#ifndef HTTP_EXTENSION_H
#define HTTP_EXTENSION_H

#include <stdbool.h>

/* The answer to the client's offers (NULL: none): the header's value, static; NULL to decline. The first acceptable
 * offer is taken. An offer with an unknown, repeated or malformed parameter, or with a window of 8 bits for the server,
 * is not acceptable. *narrow: the window agreed on is smaller than that with which the fanout deflates. */
const char	*extension_answer(const char *offers, bool *narrow);

#endif
