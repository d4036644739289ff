/* overflow.c -- what a full queue drops. See overflow.h. */
#include "overflow.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/metric.h"
#include "encode.h"

/* Cells of M_WS_DROPPED. */
enum { DROPPED_PROGRESS, DROPPED_CARD, DROPPED_STATE };

enum { BUDGET_PARTS = 8, GAPS_MAX = 64 };

/* The chunks that may be dropped: not one that is partly sent. */
static struct chunk **
first_free(const struct queue *q)
{
	return q->v + q->head + (q->sent > 0 ? 1 : 0);
}

static struct chunk **
end_of(const struct queue *q)
{
	return q->v + q->head + q->n;
}

static void
leave_out(struct queue *q, struct chunk **at, int cell)
{
	metric_add(M_WS_DROPPED, (size_t)cell, (*at)->events);
	q->bytes -= sizeof(struct chunk) + (*at)->b.n;
	chunk_put(at);
}

/* Remember a key: false when it was known. `table` has a power of two of places, half of them free. */
static bool
add_seen_key(uint64_t *table, size_t places, uint64_t key)
{
	size_t i;

	key |= 1;		/* 0 is a free place */
	for (i = key & (places - 1); table[i] != 0; i = (i + 1) & (places - 1))
		if (table[i] == key)
			return false;
	table[i] = key;
	return true;
}

/* Coalesce progress to the newest per key. */
static void
drop_superseded(struct queue *q)
{
	struct chunk **at, **first = first_free(q);
	size_t places = 16;
	uint64_t *seen;

	while (places < 2 * (size_t)q->n)
		places *= 2;
	if ((seen = calloc(places, sizeof(*seen))) == NULL)
		abort();
	for (at = end_of(q); at-- > first;)
		if ((*at)->policy == CHUNK_KEEP_NEWEST && !add_seen_key(seen, places, (*at)->key))
			leave_out(q, at, DROPPED_PROGRESS);
	free(seen);
}

static void
write_gap(struct chunk *c)
{
	struct room_event e = { .event = STR("gap") };
	struct arena mem;

	arena_init(&mem, 512);
	e.payload = room_gap(&mem, c->room, c->events, c->from, c->to);
	buf_reset(&c->b);
	encode_event(&c->b, c->coding, &e, &no_offset);
	arena_fini(&mem);
}

static struct chunk *
new_gap(const struct chunk *missed)
{
	struct chunk *c = chunk_new();

	c->policy = CHUNK_GAP;
	c->coding = missed->coding;
	c->key = missed->key;
	c->from = missed->from;
	if ((c->room = strdup(missed->room)) == NULL)
		abort();
	return c;
}

struct gaps {
	struct chunk	*v[GAPS_MAX];	/* those seen so far, oldest first; the queue has the reference */
	int		 n;
};

static struct chunk *
find_gap(const struct gaps *g, const struct chunk *missed)
{
	int i;

	for (i = 0; i < g->n; i++)
		if (g->v[i]->key == missed->key && g->v[i]->coding == missed->coding)
			return g->v[i];
	return NULL;
}

static void
widen_gap(struct queue *q, struct chunk *gap, const struct chunk *missed)
{
	q->bytes -= sizeof(struct chunk) + gap->b.n;
	gap->events += missed->events;
	gap->to = missed->to;
	write_gap(gap);
	q->bytes += sizeof(struct chunk) + gap->b.n;
}

/* Drop *at: widen its room's gap, or put a new gap in its place. */
static void
replace_chunk(struct queue *q, struct chunk **at, struct gaps *g)
{
	struct chunk *gap = find_gap(g, *at), *made = NULL;

	if (gap == NULL) {
		if (g->n == GAPS_MAX)
			return;
		gap = made = g->v[g->n++] = new_gap(*at);
		q->bytes += sizeof(struct chunk);
	}
	widen_gap(q, gap, *at);
	leave_out(q, at, DROPPED_CARD);
	*at = made;
}

/* Drop the oldest cards until the queue fits. */
static void
drop_oldest(struct queue *q, uint64_t budget)
{
	struct chunk **at, **end = end_of(q);
	struct gaps g = { .n = 0 };

	for (at = first_free(q); at < end && q->bytes > budget; at++) {
		if (*at == NULL)
			continue;
		if ((*at)->policy == CHUNK_GAP && g.n < GAPS_MAX)
			g.v[g.n++] = *at;
		else if ((*at)->policy == CHUNK_DROP_OLDEST)
			replace_chunk(q, at, &g);
	}
}

static void
close_gaps(struct queue *q)
{
	struct chunk **at, **to = q->v + q->head, **end = end_of(q);

	for (at = to; at < end; at++)
		if (*at != NULL)
			*to++ = *at;
	q->n = (uint32_t)(to - (q->v + q->head));
	queue_recount(q);
}

void
overflow_count_lost(const struct queue *q)
{
	static const int cells[] = { [CHUNK_KEEP] = DROPPED_STATE, [CHUNK_KEEP_NEWEST] = DROPPED_PROGRESS,
	    [CHUNK_DROP_OLDEST] = DROPPED_CARD };
	struct chunk **at;

	for (at = first_free(q); at < end_of(q); at++)
		if ((*at)->policy != CHUNK_GAP && (*at)->events > 0)
			metric_add(M_WS_DROPPED, (size_t)cells[(*at)->policy], (*at)->events);
}

bool
overflow_fit(struct queue *q, uint64_t budget)
{
	if (queue_bytes(q) <= budget)
		return true;
	drop_superseded(q);
	if (q->bytes > budget)
		drop_oldest(q, budget - budget / BUDGET_PARTS);
	close_gaps(q);
	return q->bytes <= budget;
}
