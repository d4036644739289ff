/* relay.h -- the protocol of HTTP workers and fanout processes over `<DURE_RUN_DIR>/ws.<i>.sock`, i =
 * 1..WS_WORKERS.
 *
 * A worker keeps one stream connection to each fanout process. A frame, either way, integers big-endian:
 * 	u32 bytes that follow | u8 type | u32 id | u32 header bytes | header (a JSON object) | body
 * 'W' worker -> fanout: an upgraded WebSocket. The 101 was sent; the descriptor travels with the frame's first byte or
 * before it; the body is
 * what the client sent behind its request. Header
 * {"path","query","ip","requestId","traceparent"?,"deflate","headers":{…}}, query as on the wire
 * 	(no '?'), headers by lower-case name of: host origin authorization accept-language cookie
 * user-agent sec-websocket-protocol sec-websocket-extensions content-type. deflate: whether permessage-deflate was
 * accepted, without
 * 	context takeover on either side. id 0; no answer.
 * 'P' worker -> fanout: an Engine.IO polling request, body its body. Header as 'W' and "method". id: unique on the
 * connection. 'A' fanout -> worker: the answer to the 'P' of this id. Header
 * {"status":200,"contentType":"…","headers":{"Name":"value"}?}, body as
 * 	is. The worker adds CORS and security headers and X-Request-Id.
 * 'C' worker -> fanout: nobody waits for the answer of this id any more. Header {}; RELAY_RELEASE: it is wanted at
 * once, with a noop if
 * 	need be, because the worker is about to end. An 'A' that crossed it is dropped.
 * The first character of an Engine.IO sid names the fanout process: relay_owner_char. See: proc/fdpass.h,
 * t/unit/relay.c.
 */
#ifndef PROC_RELAY_H
#define PROC_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define RELAY_RELEASE "{\"release\":true}"
enum {
	RELAY_WS	= 'W',
	RELAY_POLL	= 'P',
	RELAY_ANSWER	= 'A',
	RELAY_CANCEL	= 'C',
	RELAY_FRAME_MAX	= 72 * 1024 * 1024,	/* larger is a broken peer: WS_MAX_PAYLOAD is at most 64 MiB */
	RELAY_FDS_MAX	= 64,			/* received and not yet taken */
};

struct relay_frame {
	uint8_t		 type;
	uint32_t	 id;
	struct str	 header, body;
	int		 fd;		/* of a received 'W': the taker's to close; -1 otherwise */
};

/* Append the frame to `out` (its fd is not looked at). */
void	 relay_encode(struct buf *out, const struct relay_frame *f);
/* The first whole frame of `n` bytes: its length in bytes with *f pointing into `p` (fd -1), 0 when more bytes are
 * needed, -1 when the bytes are no frames. */
int64_t	 relay_decode(const char *p, size_t n, struct relay_frame *f);

/* One end of a connection: a non-blocking Unix stream socket with what is half read and half written. None of these
 * yields. */
struct relay {
	int		 sock;
	struct buf	 in, out;
	struct relay_mark *marks, *last_mark;	/* descriptors to go, by their place in the stream */
	uint64_t	 queued, sent;		/* bytes ever */
	size_t		 taken;			/* bytes of `in` that the last frame occupied */
	int		 fds[RELAY_FDS_MAX];
	int		 n_fds;
};
/* In the caller's memory; `sock` belongs to it from now on. relay_fini closes it and every descriptor not yet sent or
 * taken. */
void	 relay_init(struct relay *r, int sock);
void	 relay_fini(struct relay *r);
/* Queue a frame; `fd` (-1: none) belongs to the relay from now on and is closed once sent. */
void	 relay_queue(struct relay *r, const struct relay_frame *f, int fd);
/* Write what the socket takes. 0 when all is out, 1 when the caller should watch for LOOP_WRITE, -1 when the connection
 * is lost. */
int	 relay_flush(struct relay *r);
/* Read without waiting. 0, or -1 when the connection is lost or its end came. */
int	 relay_read(struct relay *r);
/* The next whole frame: 1 with *f (valid until the next call on `r`), 0 when there is none, -1 for a broken peer. */
int	 relay_next(struct relay *r, struct relay_frame *f);

/* The first character of the session ids of fanout process `index` (1..16: '1'..'9', 'a'..'g'), and back (0: none's).
 */
char	 relay_owner_char(int index);
int	 relay_owner(const char *sid);

#endif
