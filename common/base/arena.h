/* arena.h -- memory of one unit of work: a request, a message, an event.
 *
 * Everything allocated from an arena is freed at once by arena_reset or arena_fini; nothing is freed alone.
 * Out of memory aborts: the bounds are set where input enters, so running out means a broken bound.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block	*blocks;	/* newest first */
	size_t			 block_bytes;	/* payload of a new block */
	size_t			 used_bytes;	/* handed out since the last reset */
};

/* Prepare `a` in the caller's memory; blocks of at least `block_bytes` are taken from malloc when first needed. */
void	 arena_init(struct arena *a, size_t block_bytes);
/* Free everything. `a` may be initialised again. */
void	 arena_fini(struct arena *a);
/* Free everything but one block, which the next user of `a` reuses. */
void	 arena_reset(struct arena *a);

/* The present position, and back to it: frees what was allocated since; for loops within one unit of work. */
struct arena_mark {
	struct arena_block	*block;
	size_t			 used, used_bytes;
};
struct arena_mark arena_mark(const struct arena *a);
void	 arena_release(struct arena *a, struct arena_mark mark);

/* `n` bytes, aligned for any type, not cleared. Never NULL. */
void	*arena_alloc(struct arena *a, size_t n);
/* As arena_alloc, cleared. */
void	*arena_zalloc(struct arena *a, size_t n);
/* A copy of `n` bytes with a NUL behind them. */
char	*arena_copy(struct arena *a, const void *p, size_t n);
/* A copy of the string `s`; NULL for NULL. */
char	*arena_strdup(struct arena *a, const char *s);
/* printf into the arena. */
char	*arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "prefix:id", the form of Redis keys and room names. */
char	*arena_key(struct arena *a, const char *prefix, const char *id);

#endif
