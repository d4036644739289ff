/* chunk.c -- shared output and queues of it. See chunk.h. */
#include "chunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/slab.h"
#include "frame.h"

enum { QUEUE_FIRST = 4 };

static struct slab firsts = { .size = QUEUE_FIRST * sizeof(struct chunk *) };	/* the arrays of short queues */

static struct { struct chunk *c; const void *owner; } open_chunks[CHUNK_SLOTS];
static bool any_open;

struct chunk *
chunk_new(void)
{
	struct chunk *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	c->refs = 1;
	return c;
}

void
chunk_put(struct chunk **c)
{
	if (--(*c)->refs == 0) {
		buf_fini(&(*c)->b);
		free((*c)->room);
		free(*c);
	}
	*c = NULL;
}

struct chunk *
chunk_frame(int opcode, const void *p, size_t n, size_t pack_from)
{
	struct chunk *c = chunk_new();

	if (pack_from == 0 || n < pack_from)
		buf_reserve(&c->b, n + FRAME_HEAD_MAX);
	frame_put_packed(&c->b, opcode, p, n, pack_from);
	return c;
}

static void
seal_chunk(int slot)
{
	if (open_chunks[slot].c != NULL) {
		open_chunks[slot].c->open = false;
		chunk_put(&open_chunks[slot].c);
	}
	open_chunks[slot].owner = NULL;
}

void
chunk_open(int slot, struct chunk *c, const void *owner)
{
	seal_chunk(slot);
	c->refs++;
	c->open = true;
	open_chunks[slot].c = c;
	open_chunks[slot].owner = owner;
	any_open = true;
}

struct chunk *
chunk_opened(int slot, const void *owner)
{
	return open_chunks[slot].owner == owner ? open_chunks[slot].c : NULL;
}

void
chunk_seal_open(void)
{
	int i;

	if (!any_open)
		return;
	for (i = 0; i < CHUNK_SLOTS; i++)
		seal_chunk(i);
	any_open = false;
}

static void
free_array(struct queue *q)
{
	if (q->cap == QUEUE_FIRST)
		slab_free(&firsts, q->v);
	else
		free(q->v);
}

void
queue_fini(struct queue *q)
{
	uint32_t i;

	for (i = 0; i < q->n; i++)
		chunk_put(&q->v[q->head + i]);
	free_array(q);
	*q = (struct queue){ 0 };
}

static void
grow_queue(struct queue *q)
{
	struct chunk **more;

	if (q->head + q->n < q->cap)
		return;
	if (q->head >= q->n && q->cap > 0) {
		memmove(q->v, q->v + q->head, q->n * sizeof(struct chunk *));
		q->head = 0;
		return;
	}
	if (q->cap == 0) {
		q->cap = QUEUE_FIRST;
		q->v = slab_alloc(&firsts);
		return;
	}
	if ((more = malloc(2 * q->cap * sizeof(struct chunk *))) == NULL)
		abort();
	memcpy(more, q->v, (q->head + q->n) * sizeof(struct chunk *));
	free_array(q);
	q->v = more;
	q->cap *= 2;
}

void
queue_push(struct queue *q, struct chunk *c)
{
	if (any_open && q->n > 0 && q->v[q->head + q->n - 1]->open)
		chunk_seal_open();
	grow_queue(q);
	c->refs++;
	q->v[q->head + q->n++] = c;
}

uint64_t
queue_bytes(struct queue *q)
{
	for (; q->counted < q->n; q->counted++)
		q->bytes += sizeof(struct chunk) + q->v[q->head + q->counted]->b.n - (q->counted == 0 ? q->sent : 0);
	return q->bytes;
}

void
queue_recount(struct queue *q)
{
	q->counted = 0;
	q->bytes = 0;
	queue_bytes(q);
}

int
queue_iov(const struct queue *q, struct iovec *iov, int max)
{
	int i;

	for (i = 0; i < max && (uint32_t)i < q->n; i++) {
		const struct buf *b = &q->v[q->head + (uint32_t)i]->b;
		size_t gone = i == 0 ? q->sent : 0;

		iov[i] = (struct iovec){ b->p + gone, b->n - gone };
	}
	return i;
}

void
queue_drop(struct queue *q, size_t n)
{
	while (q->n > 0) {
		size_t left = q->v[q->head]->b.n - q->sent;

		if (n < left) {
			q->sent += (uint32_t)n;
			q->bytes -= q->counted > 0 ? n : 0;
			return;
		}
		n -= left;
		if (q->counted > 0) {
			q->bytes -= sizeof(struct chunk) + left;
			q->counted--;
		}
		q->sent = 0;
		chunk_put(&q->v[q->head]);
		q->head++;
		q->n--;
	}
	queue_fini(q);
}

void
queue_move(struct queue *from, struct queue *to)
{
	uint32_t i;

	if (to->n == 0) {
		queue_fini(to);
		*to = *from;
		*from = (struct queue){ 0 };
		return;
	}
	for (i = 0; i < from->n; i++)
		queue_push(to, from->v[from->head + i]);
	queue_fini(from);
}
