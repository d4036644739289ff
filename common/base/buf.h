/* buf.h -- a byte buffer on the heap that grows at its end and is consumed at its front.
 *
 * For bytes that outlive one unit of work: sockets, logs, pages. Out of memory aborts.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

#include "str.h"

struct buf {
	char	*p;	/* the first unread byte; NULL while nothing was ever added */
	size_t	 n;	/* unread bytes */
	size_t	 cap;	/* bytes at `base` */
	char	*base;	/* the allocation */
};

/* A zeroed struct is an empty buffer; buf_fini frees and empties it. */
void	 buf_fini(struct buf *b);
/* Empty it; keeps the memory. */
void	 buf_reset(struct buf *b);
/* Make room for `n` more bytes and return where they go; buf_grow says that they were written. */
char	*buf_reserve(struct buf *b, size_t n);
void	 buf_grow(struct buf *b, size_t n);
/* Append bytes, a string, one byte, formatted text. */
void	 buf_add(struct buf *b, const void *p, size_t n);
void	 buf_str(struct buf *b, const char *s);
void	 buf_byte(struct buf *b, char c);
void	 buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Copy the unread bytes into `mem`, a NUL behind them, and free the buffer. */
struct str buf_to_arena(struct arena *mem, struct buf *b);
/* Forget the first `n` unread bytes. */
void	 buf_drop(struct buf *b, size_t n);

#endif
