/* base64.h -- base64 (RFC 4648): encoded by libsodium, decoded in place from either alphabet. Nothing here yields. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* Append `n` bytes in the standard alphabet, with padding. */
void	 base64_put(struct buf *out, const void *p, size_t n);
/* Write `n` bytes in the URL-safe alphabet, without padding, and a NUL to `out`, which holds 4 * ceil(n / 3) + 1. */
void	 base64_url(char *out, const void *p, size_t n);
/* Decode `n` characters of either alphabet in place; padding is optional, and CR, LF, space and tab are skipped (RFC
 * 2045). The number of bytes; -1 when they are malformed, and `p` is then undefined. */
int64_t	 base64_decode(char *p, size_t n);

#endif
