/* ws_chunk.c -- shared output: what an open chunk gathers, how a queue counts, sends and keeps the order. */
#include "tap.h"

#include "worker/ws/wire/chunk.h"
#include "worker/ws/wire/frame.h"

static const int owner_a, owner_b;

static struct chunk *
text(const char *s)
{
	struct chunk *c = chunk_new();

	buf_str(&c->b, s);
	return c;
}

/* All that is queued, taken out `step` bytes at a time. */
static const char *
drain(struct queue *q, size_t step)
{
	static char out[256];
	struct iovec iov[8];
	size_t n = 0;

	chunk_seal_open();
	queue_bytes(q);
	while (q->n > 0) {
		queue_iov(q, iov, 8);
		if (iov[0].iov_len < step)
			step = iov[0].iov_len;
		memcpy(out + n, iov[0].iov_base, step);
		n += step;
		queue_drop(q, step);
	}
	out[n] = '\0';
	return out;
}

static void
push(struct queue *q, const char *s)
{
	struct chunk *c = text(s);

	queue_push(q, c);
	chunk_put(&c);
}

static void
test_queue(void)
{
	struct queue q = { 0 }, to = { 0 };
	int i;

	for (i = 0; i < 10; i++)
		push(&q, "abc");
	is_int((int64_t)(queue_bytes(&q) - 10 * sizeof(struct chunk)), 30, "ten chunks of three bytes are queued");
	queue_drop(&q, 4);
	is_int((int64_t)(queue_bytes(&q) - 9 * sizeof(struct chunk)), 26, "four chunks are taken");
	push(&q, "xyz");
	queue_move(&q, &to);
	ok(q.n == 0 && q.v == NULL, "a queue that was moved is empty and holds no memory");
	is_str(drain(&to, 1), "bcabcabcabcabcabcabcabcabcxyz", "moving a queue loses and repeats nothing");
	ok(to.v == NULL && to.bytes == 0, "an empty queue holds no memory");
}

static void
test_open_chunk(void)
{
	struct queue one = { 0 }, two = { 0 };
	struct chunk *c = text("1");

	queue_push(&one, c);
	queue_push(&two, c);
	chunk_open(0, c, &owner_a);
	ok(chunk_opened(0, &owner_a) == c && chunk_opened(0, &owner_b) == NULL, "an open chunk belongs to its owner");
	buf_str(&chunk_opened(0, &owner_a)->b, "2");
	push(&one, "ack");
	ok(chunk_opened(0, &owner_a) == NULL, "a chunk is sealed when another one is queued behind it");
	chunk_put(&c);
	is_str(drain(&one, 9), "12ack", "the first receiver has everything in order");
	is_str(drain(&two, 9), "12", "the second receiver has what was appended");
	queue_fini(&one);
	queue_fini(&two);
}

int
main(void)
{
	test_queue();
	test_open_chunk();
	return done_testing();
}
