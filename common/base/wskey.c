/* wskey.c -- the handshake key of RFC 6455. See wskey.h. */
#include "wskey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcrypto.h"

enum { KEY_CHARS = 24, SHA1_BYTES = 20 };

bool
ws_key_valid(const char *key)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strlen(key) == KEY_CHARS && strspn(key, base64) == KEY_CHARS - 2 &&
	    strcmp(key + KEY_CHARS - 2, "==") == 0;
}

void
ws_accept_key(const char *key, char out[WS_ACCEPT_BYTES])
{
	static EVP_MD *sha1;		/* looked up once: that costs more than the digest */
	unsigned char digest[SHA1_BYTES];
	char text[128];
	int n;

	n = snprintf(text, sizeof(text), "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", KEY_CHARS, key);
	if (sha1 == NULL)
		sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (sha1 == NULL || EVP_Digest(text, (size_t)n, digest, NULL, sha1, NULL) != 1)
		abort();
	EVP_EncodeBlock((unsigned char *)out, digest, SHA1_BYTES);
}
