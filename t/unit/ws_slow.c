/* ws_slow.c -- what a full queue leaves out, and in which order what stays is. */
#include "tap.h"

#include "worker/ws/wire/encode.h"
#include "worker/ws/wire/frame.h"
#include "worker/ws/wire/overflow.h"

enum { EVENT_BYTES = 100, ROOT = 2 * DIALECT_ROOT };

static struct queue q;

static void
push(enum chunk_policy policy, const char *room, uint64_t key, int64_t seq, char what)
{
	struct chunk *c = chunk_new();
	char text[EVENT_BYTES];

	memset(text, what, sizeof(text));
	frame_put(&c->b, FRAME_TEXT, text, sizeof(text));
	c->policy = (uint8_t)policy;
	c->coding = ROOT;
	c->room = room != NULL ? strdup(room) : NULL;
	c->key = key;
	c->events = room != NULL;
	c->from = c->to = seq;
	queue_push(&q, c);
	chunk_put(&c);
}

/* The first character of each message; G for a gap. */
static const char *
contents(void)
{
	static char out[256];
	struct str s;
	uint32_t i;
	int opcode;

	for (i = 0; i < q.n; i++) {
		frame_own(q.v[q.head + i]->b.p, q.v[q.head + i]->b.n, &opcode, &s);
		out[i] = s.p[0] == '4' ? 'G' : s.p[0];
	}
	out[i] = '\0';
	return out;
}

static const char *
gap_at(uint32_t i)
{
	static char out[256];
	struct str s;
	int opcode;

	frame_own(q.v[q.head + i]->b.p, q.v[q.head + i]->b.n, &opcode, &s);
	snprintf(out, sizeof(out), "%.*s", (int)s.n, s.p);
	return out;
}

static uint64_t
size_of(int chunks)
{
	return (uint64_t)chunks * (sizeof(struct chunk) + EVENT_BYTES + 2);
}

static void
test_progress(void)
{
	push(CHUNK_KEEP_NEWEST, "a", 1, 1, 'a');
	push(CHUNK_KEEP, NULL, 0, 0, 'k');
	push(CHUNK_KEEP_NEWEST, "b", 2, 2, 'b');
	push(CHUNK_KEEP_NEWEST, "a", 1, 3, 'A');
	push(CHUNK_KEEP_NEWEST, "a", 1, 4, 'z');
	ok(overflow_fit(&q, size_of(5)) && q.n == 5, "a queue within its bound is left alone");
	ok(overflow_fit(&q, size_of(4)), "a queue over its bound is shortened");
	is_str(contents(), "kbz", "progress loses all but the newest of each key");
	is_int((int64_t)queue_bytes(&q), (int64_t)size_of(3), "the queue is counted again");
	ok(!overflow_fit(&q, size_of(2)), "progress of different keys cannot be dropped");
	is_str(contents(), "kbz", "nothing is dropped from progress of different keys");
	queue_fini(&q);
}

static void
test_cards(void)
{
	int i;

	for (i = 0; i < 20; i++)
		push(i % 2 ? CHUNK_DROP_OLDEST : CHUNK_KEEP, i % 2 ? "r" : NULL, 7, i, (char)('a' + i));
	ok(overflow_fit(&q, size_of(16)), "cards over the bound are dropped");
	ok(queue_bytes(&q) <= size_of(14), "more cards are dropped than necessary, so that the next one fits");
	is_str(contents(), "aGcegikmopqrst", "the oldest cards are dropped, and a gap event stands where they were");
	is_str(gap_at(1), "42[\"gap\",{\"room\":\"r\",\"missed\":7,\"from\":1,\"to\":13}]",
	    "the gap event has the room and the number of dropped events");
	for (i = 20; i < 26; i++)
		push(CHUNK_DROP_OLDEST, "s", 8, i, 'S');
	push(CHUNK_DROP_OLDEST, "r", 7, 26, 'R');
	ok(overflow_fit(&q, size_of(16)), "more cards are dropped later");
	is_str(contents(), "aGcegikmoqsGSR", "the gap event of a room grows, another room has its own");
	queue_fini(&q);
}

static void
test_begun(void)
{
	char what;

	for (what = 'a'; what <= 'f'; what++)
		push(CHUNK_DROP_OLDEST, "r", 7, what, what);
	queue_bytes(&q);
	queue_drop(&q, 10);
	ok(overflow_fit(&q, size_of(5)), "a queue whose first chunk was sent in part is shortened");
	is_str(contents(), "aGef", "a chunk of which a part was sent is kept");
	overflow_count_lost(&q);
	queue_fini(&q);
}

int
main(void)
{
	test_progress();
	test_cards();
	test_begun();
	return done_testing();
}
