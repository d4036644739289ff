/* framing.h -- HTTP/1.1 framing, strictly as RFC 9112 defines it: where each request of a connection begins and ends.
 * Pure.
 *
 * Reads a connection's bytes in whatever parts they arrive and gives its verdict before any other reader acts on them,
 * so that no two readers (a proxy, the HTTP library, Dure) can disagree about the end of a request (request
 * smuggling). Checked: the request line (section 3), line ends (2.2), field names and values (5.1, 5.5, RFC 9110 5.5),
 * Host (3.2), Transfer-Encoding and Content-Length (6.1 to 6.3), chunks and trailers (7.1). Nothing here allocates or
 * yields.
 */
#ifndef HTTP_FRAMING_H
#define HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum framing_fault {
	FRAMING_OK,
	FRAMING_REQUEST_LINE,	/* not "METHOD target HTTP/1.x" */
	FRAMING_VERSION,	/* HTTP, but not version 1 */
	FRAMING_LINE_END,	/* a CR or LF of its own, or too many empty lines first */
	FRAMING_NAME,		/* an empty field name, one with another character than a token's, or a folded line */
	FRAMING_VALUE,		/* a control character in a field value */
	FRAMING_HOST,		/* none, several, or none that could be one */
	FRAMING_LENGTH,		/* Content-Length: no number, several, or beside Transfer-Encoding */
	FRAMING_TRANSFER,	/* Transfer-Encoding twice, empty, or in HTTP/1.0 */
	FRAMING_CODING,		/* a transfer coding that is not implemented */
	FRAMING_CHUNK,		/* a chunk's size line, or its end */
	FRAMING_FAULTS
};

enum framing_state {
	FRAMING_START, FRAMING_START_LF, FRAMING_METHOD, FRAMING_TARGET, FRAMING_HTTP, FRAMING_REQUEST_LF,
	FRAMING_FIELD, FRAMING_FIELD_NAME, FRAMING_BEFORE_VALUE, FRAMING_FIELD_VALUE, FRAMING_FIELD_LF, FRAMING_HEAD_LF,
	FRAMING_BODY, FRAMING_SIZE, FRAMING_EXTENSION, FRAMING_SIZE_LF, FRAMING_DATA, FRAMING_DATA_CR, FRAMING_DATA_LF,
	FRAMING_OTHER_PROTOCOL, FRAMING_BROKEN
};

struct framing {
	enum framing_state	 state;
	enum framing_fault	 fault;
	uint64_t		 left;		/* bytes of the body or the chunk still to come */
	uint64_t		 length;	/* Content-Length */
	uint8_t			 count;		/* empty lines before a request, bytes of a chunk's extension */
	uint8_t			 word_n;	/* bytes of `word`, one more than fit: there were more */
	uint8_t			 field;		/* whose value is being read (framing.c) */
	bool			 old;		/* HTTP/1.0 */
	bool			 hosted, has_length, chunked, upgrade, trailer;
	bool			 blank;		/* the value's last byte was white space */
	char			 word[24];	/* the start of the name, version or value being read, in lower case */
};

/* Read on, up to the end of the request that is being read or of the bytes. Returns how many bytes of `p` belong to it
 * and are sound; less than `n` where the request ended there, behind the first or the last byte of a chunk's extension
 * (the ";", the CR behind it), or where f->fault says why what follows is refused. A request that asks for another
 * protocol ends the framing: all behind its head or body is taken unread, and no second HTTP request may be served from
 * it. */
size_t		 framing_read(struct framing *f, const char *p, size_t n);

/* Whether all bytes so far make whole requests. */
bool		 framing_between(const struct framing *f);
/* Whether the next byte may be of a chunk's extension. */
bool		 framing_extends(const struct framing *f);
/* What is wrong, as a sentence for people; static. */
const char	*framing_reason(enum framing_fault fault, bool english);

#endif
