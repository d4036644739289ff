/* frame.h -- WebSocket frames and messages (RFC 6455), server side: pure functions over bytes.
 *
 *
 * In: a client's frame is unmasked where it lies; fragments become one message, control frames may come between
 * them. Out: a header and the payload, never masked. Errors are the negated close code that the peer is to be
 * told. Where permessage-deflate was negotiated (RFC 7692), messages may be deflated either way, each by itself.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"

enum { FRAME_MORE = 0, FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };
enum {
	CLOSE_NORMAL	= 1000,
	CLOSE_AWAY	= 1001,
	CLOSE_PROTOCOL	= 1002,
	CLOSE_NO_STATUS	= 1005,		/* never on the wire */
	CLOSE_ABNORMAL	= 1006,		/* never on the wire */
	CLOSE_BAD_DATA	= 1007,
	CLOSE_POLICY	= 1008,
	CLOSE_TOO_BIG	= 1009,
	CLOSE_RETRY	= 1013,
};
enum { FRAME_HEAD_MAX = 10, FRAME_CONTROL_MAX = 125, FRAME_CLIENT_HEAD_MAX = 14 };

/* permessage-deflate on a connection. With PACK_IN the peer's window is too small: it deflates, this side does not. */
enum pack { PACK_NONE, PACK_BOTH, PACK_IN };

struct frame {
	int	 opcode;
	bool	 fin;
	bool	 packed;		/* deflated: on the first frame of a message */
	char	*p;		/* the payload, unmasked, within the bytes given */
	size_t	 n;
};
/* Take one frame of at most `max` payload bytes from the front of `n` bytes, which are changed; `packs`: it may be
 * deflated. The bytes it occupied; 0 when more are needed (nothing was changed); a negated close code. */
int64_t	 frame_take(char *p, size_t n, size_t max, bool packs, struct frame *out);

/* A message under way. A zeroed struct is none; message_fini forgets it. */
struct message {
	struct buf	 parts;
	int		 opcode;	/* FRAME_TEXT or FRAME_BINARY while one is under way, else 0 */
	struct utf8	 text;		/* how far the parts of a text have been checked */
	bool		 packed;
};
void	 message_fini(struct message *m);
/* Add a data frame. 1 with the whole message in *out and its opcode (valid until the frame's bytes go, message_fini, or
 * the next deflated message), 0 when more fragments are needed, or a negated close code (order, size, UTF-8, bad
 * compression). */
int	 message_add(struct message *m, const struct frame *f, size_t max, int *opcode, struct str *out);

/* The code of a close frame's payload: CLOSE_NO_STATUS when empty; a negated close code when malformed. */
int	 frame_close_code(const char *p, size_t n);
/* Append one unfragmented frame. */
void	 frame_put(struct buf *out, int opcode, const void *p, size_t n);
/* The same for a peer that takes deflated messages: one of at least `pack_from` bytes (0: none) is deflated when that
 * makes it smaller. */
void	 frame_put_packed(struct buf *out, int opcode, const void *p, size_t n, size_t pack_from);
/* The first frame of what frame_put wrote: the bytes it occupies, its opcode and payload; 0 at the end. */
size_t	 frame_own(const char *p, size_t n, int *opcode, struct str *payload);

#endif
