/* late.c -- entering a room with its state. See late.h. Yields: all. */
#include "late.h"

#include "base/err.h"
#include "chunk.h"
#include "encode.h"
#include "room.h"
#include "run/co.h"
#include "worker/domain/core/room_log.h"

static void
free_held(void *p)
{
	buf_fini(p);
}

/* What waited, but for what the state had; then events come directly. */
static void
let_go(struct call *c, const struct late *l, struct buf *held, struct str state)
{
	struct peer *p = &c->s->peer;
	struct chunk *out = chunk_new();
	const struct room *of, *ours = room_find(l->room);
	struct room_event e;

	while (room_next_held(held, &of, &e))
		if (of != ours || l->seen == NULL || state.n == 0 || !l->seen(c->mem, state, &e))
			encode_event(&out->b, coding_of(p), &e, &(struct offset){ .seq = room_log_on() && e.seq > 1 ? e.seq : 0 });
	if (out->b.n > 0)
		p->deliver(p, out);
	chunk_put(&out);
	room_release(p);
}

int
late_enter(struct call *c, const struct late *l)
{
	struct buf *held = arena_zalloc(c->mem, sizeof(*held));
	struct peer *p = &c->s->peer;
	bool was_in = room_member(p, l->room) != NULL;
	struct str state = { 0 };
	int rc;

	co_defer(free_held, held);
	room_hold(p, held);
	if (l->admit != NULL)
		l->admit(true);
	(void)room_enter(p, l->room);
	if (l->admit != NULL)
		l->admit(false);
	if ((rc = room_join(p, l->room)) == 0 && (rc = flight_get(c->mem, l->name, l->id, l->read, &state)) == E_NOT_FOUND)
		rc = 0;
	if (p->gone)
		return E_CANCELED;
	if (rc < 0 && !was_in)
		room_leave(p, l->room);
	if (rc == 0 && state.n > 0)
		sio_emit(c->s, l->event, state);
	if (rc == 0 && l->ack.n > 0)
		call_ack(c, l->ack);
	let_go(c, l, held, state);
	return rc;
}
