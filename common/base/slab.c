/* slab.c -- objects of one size. See slab.h.
 *
 * A block lies at a multiple of its size, so an object's address tells its block. A free object's first word points to
 * the next free one; objects behind `fresh` were never used.
 */
#include "slab.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "log.h"

#if defined(HOSTILE) || defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#else
#define EACH_ALONE 0
#endif

struct slab_block {
	struct slab_block	*next, **at;	/* among the open ones; `at` NULL: it is full */
	void			*free;
	uint32_t		 used, fresh;
	char			 objects[] __attribute__((aligned(8)));
};

static uint32_t
capacity(const struct slab *s)
{
	return (uint32_t)((SLAB_BLOCK_BYTES - sizeof(struct slab_block)) / s->size);
}

static void
link_block(struct slab *s, struct slab_block *b)
{
	b->next = s->open;
	b->at = &s->open;
	if (b->next != NULL)
		b->next->at = &b->next;
	s->open = b;
}

static void
unlink_block(struct slab_block *b)
{
	*b->at = b->next;
	if (b->next != NULL)
		b->next->at = b->at;
	b->at = NULL;
}

/* Maps twice as much, and gives back what lies before and behind the aligned half. */
static struct slab_block *
map_block(void)
{
	char *p = mmap(NULL, 2 * SLAB_BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *from;

	if (p == MAP_FAILED)
		bug("no memory for a block of objects");
	from = (char *)(((uintptr_t)p + SLAB_BLOCK_BYTES - 1) & ~((uintptr_t)SLAB_BLOCK_BYTES - 1));
	if (from > p)
		munmap(p, (size_t)(from - p));
	munmap(from + SLAB_BLOCK_BYTES, (size_t)(p + SLAB_BLOCK_BYTES - from));
	return (struct slab_block *)from;
}

static void *
alloc_alone(struct slab *s)
{
	void *p = calloc(1, s->size);

	if (p == NULL)
		bug("no memory for an object");
	return p;
}

void *
slab_alloc(struct slab *s)
{
	struct slab_block *b;
	void *p;

	s->n++;
	if (EACH_ALONE)
		return alloc_alone(s);
	if ((b = s->open) == NULL)
		link_block(s, b = map_block());
	if ((p = b->free) != NULL) {
		memcpy(&b->free, p, sizeof(b->free));
		memset(p, 0, s->size);
	} else {
		p = b->objects + b->fresh++ * s->size;		/* zeroed by the system */
	}
	if (++b->used == capacity(s))
		unlink_block(b);
	return p;
}

void
slab_free(struct slab *s, void *p)
{
	struct slab_block *b = (struct slab_block *)((uintptr_t)p & ~((uintptr_t)SLAB_BLOCK_BYTES - 1));

	s->n--;
	if (EACH_ALONE) {
		free(p);
		return;
	}
	memcpy(p, &b->free, sizeof(b->free));
	b->free = p;
	if (b->at == NULL)
		link_block(s, b);
	if (--b->used > 0 || (s->open == b && b->next == NULL))
		return;		/* the only one with room is kept: the next object may come at once */
	unlink_block(b);
	munmap(b, SLAB_BLOCK_BYTES);
}
