/* hold.c -- events that wait: they come out as they went in, also those without a seq; what has no room is
 * refused, and counted by room. */
#include "tap.h"

#include "base/str.h"
#include "worker/ws/room/hold.h"

static const int room_a, room_b;
#define A ((const struct room *)(const void *)&room_a)
#define B ((const struct room *)(const void *)&room_b)

static struct room_event
event(int64_t seq, const char *name, const char *payload)
{
	return (struct room_event){ .seq = seq, .class = ROOM_CARD, .event = str_of(name), .payload = str_of(payload) };
}

static void
test_order(void)
{
	struct room_event in = event(0, "state", "{\"n\":0}"), placed = event(7, "news", "[\"a b\\n\"]"), out;
	struct hold h = { .n_losses = 0 };
	const struct room *room;

	placed.alias = STR("old-news");
	ok(hold_add(&h, A, &in, 1000) && hold_add(&h, B, &placed, 1000), "two events of two rooms are held");
	ok(hold_next(&h, &room, &out) && room == A && out.seq == 0 && out.alias.p == NULL &&
	    str_eq(out.payload, in.payload),
	    "an unplaced event is released without a seq");
	ok(hold_next(&h, &room, &out) && room == B && out.seq == 7 && out.class == ROOM_CARD &&
	    str_eq(out.event, placed.event) && str_eq(out.alias, placed.alias) && str_eq(out.payload, placed.payload),
	    "an event is released unchanged");
	ok(!hold_next(&h, &room, &out), "the hold is empty afterwards");
	hold_fini(&h);
}

static void
test_bound(void)
{
	struct room_event e = event(0, "e", "{}");
	struct hold h = { .n_losses = 0 };
	const struct room *room;
	struct room_event out;
	int64_t kept = 0, out_n = 0;

	for (e.seq = 1; hold_add(&h, A, &e, 4096); e.seq++)
		kept++;
	ok(kept > 10 && h.events.n <= 4096, "the hold keeps no more than its bound (%d events)", (int)kept);
	hold_lose(&h, A, &e);
	e.seq += 2;
	hold_lose(&h, A, &e);
	hold_lose(&h, B, &e);
	e.seq = 0;
	hold_lose(&h, B, &e);
	is_int((int64_t)h.n_losses, 2, "losses are counted by room");
	ok(h.losses[0].n == 2 && h.losses[0].from == kept + 1 && h.losses[0].to == kept + 3,
	    "a loss has its first and last seq");
	is_int(h.losses[1].n, 1, "a refused unplaced event is not counted as lost");
	while (hold_next(&h, &room, &out) && out.seq == out_n + 1)
		out_n++;
	is_int(out_n, kept, "held events are not affected by refused ones");
	e.seq = 9;
	ok(hold_add(&h, A, &e, 4096), "an emptied hold accepts events again");
	hold_fini(&h);
}

int
main(void)
{
	test_order();
	test_bound();
	return done_testing();
}
