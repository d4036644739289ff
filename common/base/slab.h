/* slab.h -- many objects of one size: no header an object, and none between its kind and what was allocated beside it.
 *
 * Objects come from blocks of SLAB_BLOCK_BYTES; a block goes back to the system when its last object does. Out of
 * memory aborts. Under a sanitizer, and in the hostile build, each object is an allocation of its own, so that a use
 * after its end is found.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>

enum { SLAB_BLOCK_BYTES = 65536 };

struct slab_block;
struct slab {
	size_t			 size;	/* bytes of an object, a multiple of 8; static initialiser: { .size = … } */
	struct slab_block	*open;	/* blocks with room, the one in use first */
	size_t			 n;	/* objects */
};
/* A zeroed object, aligned to 8 bytes, of the caller until slab_free. */
void	*slab_alloc(struct slab *s);
void	 slab_free(struct slab *s, void *p);

#endif
