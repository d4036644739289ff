/* zip.h -- bytes made smaller and larger (zlib): HTTP bodies, WebSocket messages. One state a process and direction.
 *
 * A WebSocket message (RFC 7692) is deflated by itself, without the context of those before, so that one result serves
 * every receiver.
 */
#ifndef BASE_ZIP_H
#define BASE_ZIP_H

#include <stdbool.h>

#include "buf.h"
#include "str.h"

/* Replace what `out` holds by `body` (which may be in `out`) in gzip form; false, with `out` as it was, when that is
 * not worth it. */
bool	 zip_gzip(struct buf *out, struct str body);

/* Append a message deflated as permessage-deflate wants it; false, with `out` as it was, when that would not be
 * smaller. */
bool	 zip_deflate(struct buf *out, struct str message);
/* Append what a message of permessage-deflate holds, at most `max` bytes of it. 0, E_TOO_LARGE, E_BAD_REQUEST (not
 * deflated data). */
int	 zip_inflate(struct buf *out, struct str packed, size_t max);

#endif
