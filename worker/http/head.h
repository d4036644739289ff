/* head.h -- parses the head of an upgrade request in place. Knows no sockets; nothing here yields.
 *
 * Stricter than RFC 9112 demands, because callers leave everything else to the library. Accepts a GET of a path in
 * HTTP/1.1, with lines that end in CR LF and contain no control character but tabs, and fields with a name and without
 * line folding.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct head {
	char	*p, *end;	/* the lines that are still to be read */
	char	*target;	/* NUL-terminated, as on the wire */
	size_t	 bytes;		/* of the whole head, the empty line included */
};

/* Look at `n` bytes that a client sent first. False: no whole head, no upgrade to a WebSocket, or a request line in
 * doubt. */
bool	 head_begin(struct head *h, char *p, size_t n);
/* The next field: its name, of *name_n bytes, and its value, NUL-terminated. 1, 0 at the end, -1: this line is in
 * doubt. */
int	 head_next(struct head *h, const char **name, size_t *name_n, const char **value);

#endif
