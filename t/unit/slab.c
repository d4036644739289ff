/* slab.c -- objects of one size, their blocks, and what comes back to the system. */
#include "base/slab.h"

#include <stdint.h>
#include <string.h>

#include "tap.h"

enum { BYTES = 208, MANY = 2000 };

static unsigned char *objects[MANY];

static bool
is_all(const unsigned char *p, unsigned char c)
{
	size_t i = 0;

	while (i < BYTES && p[i] == c)
		i++;
	return i == BYTES;
}

/* Allocates the objects from `from` on, `by` apart; how many were not zeroed, or not aligned. */
static int
fill(struct slab *s, int from, int by)
{
	int i, bad = 0;

	for (i = from; i < MANY; i += by) {
		objects[i] = slab_alloc(s);
		bad += !is_all(objects[i], 0) || (uintptr_t)objects[i] % 8 != 0;
		memset(objects[i], 1 + i % 250, BYTES);
	}
	return bad;
}

static int
changed(int from, int by)
{
	int i, n = 0;

	for (i = from; i < MANY; i += by)
		n += !is_all(objects[i], (unsigned char)(1 + i % 250));
	return n;
}

static void
empty(struct slab *s, int from, int by)
{
	int i;

	for (i = from; i < MANY; i += by)
		slab_free(s, objects[i]);
}

int
main(void)
{
	struct slab s = { .size = BYTES };

	is_int(fill(&s, 0, 1), 0, "new objects are zeroed and aligned");
	is_int(changed(0, 1), 0, "objects do not overlap");
	is_int((int)s.n, MANY, "they are counted");
	empty(&s, 0, 2);
	is_int(changed(1, 2), 0, "freeing every other leaves the rest alone");
	is_int(fill(&s, 0, 2), 0, "objects that are used again are zeroed");
	is_int(changed(0, 1), 0, "and lie in the gaps");
	empty(&s, 0, 1);
	is_int((int)s.n, 0, "all are gone");
	ok(s.open == NULL || ((uintptr_t)s.open) % SLAB_BLOCK_BYTES == 0, "what is left is a block");
	is_int(fill(&s, 0, 1), 0, "they come again");
	empty(&s, 0, 1);
	return done_testing();
}
