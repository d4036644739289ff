/* buf.c -- a growing, draining byte buffer. See buf.h. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_fini(struct buf *b)
{
	free(b->base);
	*b = (struct buf){ 0 };
}

struct str
buf_to_arena(struct arena *mem, struct buf *b)
{
	struct str out = { arena_copy(mem, b->p != NULL ? b->p : "", b->n), b->n };

	buf_fini(b);
	return out;
}

void
buf_reset(struct buf *b)
{
	b->p = b->base;
	b->n = 0;
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t front = (size_t)(b->p - b->base), want;

	if (b->base != NULL && b->cap - front - b->n >= n)
		return b->p + b->n;
	if (b->base != NULL && b->cap - b->n >= n && front >= b->n) {
		memmove(b->base, b->p, b->n);
		b->p = b->base;
		return b->p + b->n;
	}
	for (want = b->cap ? b->cap : 256; want < front + b->n + n; want *= 2)
		if (want > (size_t)1 << 40)
			abort();
	b->base = realloc(b->base, want);
	if (b->base == NULL)
		abort();
	b->cap = want;
	b->p = b->base + front;
	return b->p + b->n;
}

void
buf_grow(struct buf *b, size_t n)
{
	b->n += n;
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->n += n;
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_byte(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	b->n++;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n, room = 128;

	for (;;) {
		char *to = buf_reserve(b, (size_t)room);

		va_start(ap, fmt);
		n = vsnprintf(to, (size_t)room, fmt, ap);
		va_end(ap);
		if (n < 0)
			abort();
		if (n < room)
			break;
		room = n + 1;
	}
	b->n += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	b->p += n;
	b->n -= n;
	if (b->n == 0)
		b->p = b->base;
}
