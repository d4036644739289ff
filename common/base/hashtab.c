/* hashtab.c -- an intrusive hash table. See hashtab.h. */
#include "hashtab.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 64 };

static struct hashtab_node **
slot_of(const struct hashtab *t, uint64_t hash)
{
	return &t->slots[hash & (t->n_slots - 1)];
}

static void
grow(struct hashtab *t)
{
	struct hashtab bigger = { NULL, t->n_slots > 0 ? t->n_slots * 2 : SLOTS_FIRST, t->n };
	struct hashtab_node *node, *next, **to;
	size_t i;

	if ((bigger.slots = calloc(bigger.n_slots, sizeof(*bigger.slots))) == NULL)
		abort();
	for (i = 0; i < t->n_slots; i++) {
		for (node = t->slots[i]; node != NULL; node = next) {
			next = node->next;
			to = slot_of(&bigger, node->hash);
			node->next = *to;
			*to = node;
		}
	}
	free(t->slots);
	*t = bigger;
}

void
hashtab_add(struct hashtab *t, struct hashtab_node *node, uint64_t hash)
{
	struct hashtab_node **to;

	if (t->n >= t->n_slots)
		grow(t);
	to = slot_of(t, hash);
	*node = (struct hashtab_node){ *to, hash };
	*to = node;
	t->n++;
}

void
hashtab_del(struct hashtab *t, struct hashtab_node *node)
{
	struct hashtab_node **at = slot_of(t, node->hash);

	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	t->n--;
}

struct hashtab_node *
hashtab_find(const struct hashtab *t, uint64_t hash, const struct hashtab_node *after)
{
	struct hashtab_node *node;

	if (t->n_slots == 0)
		return NULL;
	for (node = after != NULL ? after->next : *slot_of(t, hash); node != NULL; node = node->next)
		if (node->hash == hash)
			return node;
	return NULL;
}

struct hashtab_node *
hashtab_each(const struct hashtab *t, size_t *slot, struct hashtab_node *after)
{
	struct hashtab_node *node = after != NULL ? after->next : NULL;

	if (after == NULL)
		*slot = 0;
	while (node == NULL && *slot < t->n_slots)
		node = t->slots[(*slot)++];
	return node;
}

void
hashtab_fini(struct hashtab *t)
{
	free(t->slots);
	*t = (struct hashtab){ NULL, 0, 0 };
}
