/* payload.h -- the body of an Engine.IO polling request or answer: packets joined by 0x1e, binary ones as 'b' and
 * base64.
 *
 * Also the two base64 alphabets, which only Engine.IO needs. Pure.
 */
#ifndef WIRE_PAYLOAD_H
#define WIRE_PAYLOAD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct payload_packet {
	bool		 binary;
	struct str	 data;		/* binary: the decoded bytes, else the packet with its type character */
};
/* Take the next packet from the front of *rest, which moves on; base64 is decoded where it lies. 1, 0 at the end, or
 * E_BAD_REQUEST. Start with a body of at least one byte: an empty body is malformed. */
int	 payload_next(struct str *rest, struct payload_packet *out);
/* Append the frames that frame_put wrote, as packets. */
void	 payload_put_frames(struct buf *out, const char *p, size_t n);

/* Append the standard alphabet with padding. */
void	 base64_put(struct buf *out, const void *p, size_t n);
/* Decode either alphabet in place, padding optional: the bytes, or -1. */
int64_t	 base64_decode(char *p, size_t n);
/* The URL-safe alphabet without padding and with a NUL into `out`, of 4 * ceil(n / 3) + 1 bytes. */
void	 base64_url(char *out, const void *p, size_t n);

#endif
