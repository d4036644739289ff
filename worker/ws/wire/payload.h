/* payload.h -- the body of an Engine.IO polling request or answer: packets joined by 0x1e, binary ones as 'b' and
 * base64. Pure.
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

#endif
