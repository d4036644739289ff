/* hashtab.h -- a hash table of structs that carry their own node. Out of memory aborts. */
#ifndef BASE_HASHTAB_H
#define BASE_HASHTAB_H

#include <stddef.h>
#include <stdint.h>

#include "holder.h"

struct hashtab_node {
	struct hashtab_node	*next;
	uint64_t		 hash;
};
/* A zeroed struct is an empty table. */
struct hashtab {
	struct hashtab_node	**slots;
	size_t			  n_slots, n;	/* a power of two; nodes */
};
void			 hashtab_add(struct hashtab *t, struct hashtab_node *node, uint64_t hash);
void			 hashtab_del(struct hashtab *t, struct hashtab_node *node);
/* The nodes of this hash, one after the other: start with NULL; compare the keys yourself. */
struct hashtab_node	*hashtab_find(const struct hashtab *t, uint64_t hash, const struct hashtab_node *after);
/* All nodes: start with NULL. Nothing may be added on the way; a node may be deleted once the next one has been asked
 * for. */
struct hashtab_node	*hashtab_each(const struct hashtab *t, size_t *slot, struct hashtab_node *after);
/* Free the slots; the table is empty then. The nodes are the caller's. */
void			 hashtab_fini(struct hashtab *t);

#endif
