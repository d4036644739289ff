/* hmac.h -- HMAC-SHA256 (RFC 2104, FIPS 180-4), as others sign what they send. Pure. */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include "str.h"

enum { HMAC_SHA256_BYTES = 32, HMAC_SHA256_HEX_BYTES = 65 };

/* The code of the parts one behind the other under `key` (any length) in lower-case hexadecimal into `out`; returns
 * `out`. */
char	*hmac_sha256_hex(char out[HMAC_SHA256_HEX_BYTES], struct str key, const struct str *parts, size_t n);
/* The same as bytes into `out`. */
void	 hmac_sha256(unsigned char out[HMAC_SHA256_BYTES], struct str key, const struct str *parts, size_t n);

#endif
