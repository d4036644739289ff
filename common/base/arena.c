/* arena.c -- blocks of memory that die together. See arena.h. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN_BYTES 16
#ifdef HOSTILE		/* what is read after a reset shall be found */
#define KEEPS_NONE 1
#else
#define KEEPS_NONE 0
#endif

struct arena_block {
	struct arena_block	*next;
	size_t			 used, cap;
	char			 data[] __attribute__((aligned(ALIGN_BYTES)));
};

void
arena_init(struct arena *a, size_t block_bytes)
{
	*a = (struct arena){ .block_bytes = block_bytes };
}

static void
free_blocks(struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void
arena_fini(struct arena *a)
{
	free_blocks(a->blocks);
	a->blocks = NULL;
	a->used_bytes = 0;
}

void
arena_reset(struct arena *a)
{
	struct arena_block *keep = a->blocks;

	a->used_bytes = 0;
	if (keep == NULL)
		return;
	if (KEEPS_NONE || keep->cap > a->block_bytes) {	/* one oversized request must not stay for life */
		arena_fini(a);
		return;
	}
	free_blocks(keep->next);
	keep->next = NULL;
	keep->used = 0;
}

struct arena_mark
arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->blocks, a->blocks != NULL ? a->blocks->used : 0, a->used_bytes };
}

void
arena_release(struct arena *a, struct arena_mark mark)
{
	struct arena_block *b;

	while ((b = a->blocks) != mark.block) {
		a->blocks = b->next;
		free(b);
	}
	if (b != NULL)
		b->used = mark.used;
	a->used_bytes = mark.used_bytes;
}

static struct arena_block *
add_block(struct arena *a, size_t n)
{
	size_t cap = n > a->block_bytes ? n : a->block_bytes;
	struct arena_block *b = malloc(sizeof(*b) + cap);

	if (b == NULL)
		abort();
	b->used = 0;
	b->cap = cap;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX / 2)
		abort();
	n = (n + ALIGN_BYTES - 1) & ~(size_t)(ALIGN_BYTES - 1);
	if (b == NULL || b->cap - b->used < n)
		b = add_block(a, n);
	p = b->data + b->used;
	b->used += n;
	a->used_bytes += n;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

char *
arena_copy(struct arena *a, const void *p, size_t n)
{
	char *s = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s == NULL ? NULL : arena_copy(a, s, strlen(s));
}

char *
arena_key(struct arena *a, const char *prefix, const char *id)
{
	size_t plen = strlen(prefix), ilen = strlen(id);
	char *key = arena_alloc(a, plen + ilen + 2);

	memcpy(key, prefix, plen);
	key[plen] = ':';
	memcpy(key + plen + 1, id, ilen + 1);
	return key;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}
