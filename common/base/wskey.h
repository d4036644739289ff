/* wskey.h -- the handshake key of RFC 6455. Owns: OpenSSL's digest. */
#ifndef BASE_WSKEY_H
#define BASE_WSKEY_H

#include <stdbool.h>

#define WS_ACCEPT_BYTES 29
/* Whether a Sec-WebSocket-Key is 16 bytes in base64. */
bool	 ws_key_valid(const char *key);
/* The Sec-WebSocket-Accept that answers a valid key, into `out`. */
void	 ws_accept_key(const char *key, char out[WS_ACCEPT_BYTES]);

#endif
