/* snapshot.c -- entering a room with a snapshot. See snapshot.h. Yields: all. */
#include "snapshot.h"

#include "base/err.h"
#include "worker/ws/room/replay.h"

/* The snapshot that was read, for `seen`. */
struct taken {
	const struct snapshot	*s;
	struct arena		*mem;
	struct str		 text;
};

static bool
is_in_snapshot(void *arg, const struct room_event *e)
{
	const struct taken *t = arg;

	return t->s->seen(t->mem, t->text, e);
}

int
join_with_snapshot(struct call *c, const struct snapshot *s)
{
	struct taken t = { .s = s, .mem = c->mem };
	struct peer *p = &c->s->peer;
	bool was_in = room_member(p, s->room) != NULL;
	int rc;

	room_hold(p, CURSOR_PREPARING);
	(void)room_enter(p, s->room, s->admitted ? ROOM_ADMITTED : ROOM_ENTERED);
	if ((rc = room_join(p, s->room)) == 0)
		rc = single_flight_get(c->mem, s->name, s->id, s->read, &t.text);
	if (rc == E_NOT_FOUND)
		rc = 0;
	if (p->gone)
		return E_CANCELED;
	if (rc < 0 && !was_in)
		room_leave(p, s->room);
	if (rc == 0 && t.text.n > 0)
		sio_emit(c->s, s->event, t.text);
	if (rc == 0 && s->ack.n > 0)
		call_ack(c, s->ack);
	replay_end(p, &(struct replay_end){ .room = room_find(s->room), .arg = &t,
		.seen = s->seen != NULL && t.text.n > 0 ? is_in_snapshot : NULL });
	return rc;
}
