/* extension.h -- Sec-WebSocket-Extensions: the one extension we speak, permessage-deflate (RFC 7692). Pure.
 *
 * We deflate every message by itself, so that a broadcast is deflated once, and keep no inflater for a socket: both
 * sides are told to take no context over.
 */
#ifndef HTTP_EXTENSION_H
#define HTTP_EXTENSION_H

/* Our answer to the client's offers (NULL: none): the header's value, static; NULL to decline. Of several offers the
 * first that we can keep counts; one with an unknown, repeated or malformed parameter, or with a smaller window for us,
 * we cannot. */
const char	*extension_answer(const char *offers);

#endif
