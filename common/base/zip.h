/* zip.h -- compression (zlib) of HTTP bodies and WebSocket messages. One state a process and direction.
 *
 * A WebSocket message (RFC 7692) is compressed on its own, without the context of earlier ones, so that one result
 * serves every receiver.
 */
#ifndef BASE_ZIP_H
#define BASE_ZIP_H

#include <stdbool.h>

#include "buf.h"
#include "str.h"

/* Replace what `out` holds by `body` (which may be in `out`) in gzip form; false, with `out` as it was, when that is
 * not worth it. */
bool	 zip_gzip(struct buf *out, struct str body);

/* Append a message compressed for permessage-deflate; false, with `out` unchanged, when that would not be smaller. */
bool	 zip_deflate(struct buf *out, struct str message);
/* Append the decompressed message of permessage-deflate, `max` bytes at most. 0, E_TOO_LARGE, E_BAD_REQUEST
 * (malformed). */
int	 zip_inflate(struct buf *out, struct str packed, size_t max);

#endif
