/* kept_state.c -- last states. See kept_state.h.
 *
 *
 * Loads are coalesced per room: a thousand late subscribers cost Redis one read. A state read from Redis or the
 * tables is discarded when the channel delivered one during the read (the version of the room's states tells),
 * and when the room is replaying: its members are about to get the events that led to it.
 */
#include "kept_state.h"

#include "base/err.h"
#include "base/log.h"
#include "link/redis.h"
#include "single_flight.h"
#include "worker/domain/core/failure.h"
#include "worker/domain/core/room_log.h"
#include "worker/ws/wire/encode.h"

enum { REFRESH_MS = 5000 };

static struct room *stale_first, **stale_end = &stale_first;
static bool refreshing;

/* The kept or stored state as an event; e->event.p is NULL when nothing is known. */
static int
read_state(struct arena *mem, const struct room *r, struct room_event *e)
{
	struct str kept;
	int rc;

	*e = (struct room_event){ 0 };
	rc = redis_get(room_last_key(mem, r->name), &kept);
	if (rc == 0 && kept.p != NULL && room_parse(kept.p, kept.n, e))
		return 0;
	if (r->kind == NULL)
		return rc;
	if ((rc = r->kind->load(mem, r->name + strlen(r->kind->prefix), &e->payload)) < 0)
		return rc == E_NOT_FOUND ? 0 : rc;
	e->event = str_of(r->kind->event);
	e->alias = str_of(r->name);
	return 0;
}

/* Keep the state that was read, unless the channel delivered a newer one. True when it is news. */
static bool
keep_state(struct room *r, const struct room_event *e, uint32_t version)
{
	bool is_state = r->kind != NULL && str_eq(e->event, str_of(r->kind->event));

	if (e->event.p == NULL || !cursor_is_live(&r->cursor) || !state_cursor_is_news(&r->states, e->seq, version))
		return false;
	if (is_state && e->seq == 0 && str_eq(e->payload, (struct str){ r->last.p, r->last.n }))
		return false;
	state_cursor_keep(&r->states, e->seq, is_state);
	if (is_state)
		room_set_state(r, e->payload);
	return true;
}

/* The offset says that the client has this room's state, without the state's seq: it is lower than that of events
 * sent before. */
static void
send_state(struct peer *p, const struct member *m, const struct room_event *e)
{
	struct offset o = { .seq = room_position(p), .index = m->index };
	struct chunk *c = chunk_new();

	encode_event(&c->b, coding_of(p), e, room_log_on() ? &o : &no_offset);
	p->deliver(p, c);
	chunk_put(&c);
}

static void
send_remembered(struct peer *p, struct member *m)
{
	const struct room *r = m->room;
	struct room_event e = { .event = str_of(r->kind->event), .alias = str_of(r->name),
	    .payload = { r->last.p, r->last.n } };

	m->sent_seq = r->states.dedup_seq;
	send_state(p, m, &e);
}

/* Load the room's state, or wait for the load under way. *e is what was read where the room keeps no state. */
static int
load_state(struct room *r, struct room_event *e)
{
	uint32_t version = r->states.version;
	int rc;

	*e = (struct room_event){ 0 };
	if (r->loading && r->kind != NULL)
		return co_gate_wait(&r->changed, -1);
	r->loading = true;
	rc = read_state(co_arena(), r, e);
	r->loading = false;
	if (rc == 0) {
		(void)keep_state(r, e, version);
		r->loaded = r->kind != NULL && cursor_is_live(&r->cursor);
	}
	co_gate_wake_all(&r->changed);
	return rc;
}

int
kept_state_send(struct peer *p, const char *name)
{
	struct member *m = room_member(p, name);
	struct room_event e = { 0 };
	bool asked = false;
	struct room *r;
	int64_t had;
	int rc = 0;

	if (m == NULL)
		return 0;
	r = m->room;
	had = m->sent_seq;
	room_ref(r);
	while (rc == 0 && (!cursor_is_live(&r->cursor) || (!r->loaded && !asked))) {
		if (!cursor_is_live(&r->cursor)) {
			rc = co_gate_wait(&r->changed, -1);
			continue;
		}
		rc = load_state(r, &e);
		asked = cursor_is_live(&r->cursor) && (r->kind == NULL || e.event.p != NULL);
	}
	m = room_member(p, name);	/* it may have left meanwhile */
	if (rc == 0 && m != NULL && m->room == r && m->version == r->states.version &&
	    (m->sent_seq == had || state_cursor_lacks(m->sent_seq, r->states.dedup_seq))) {
		if (r->last.n > 0)
			send_remembered(p, m);
		else if (e.event.p != NULL)
			send_state(p, m, &e);
	}
	room_put(r);
	return rc;
}

static int
read_failure(struct arena *mem, const char *id, struct str *out)
{
	return redis_get(room_last_key(mem, failure_room(mem, id)), out);
}

int
kept_state_send_failure(struct peer *p, const char *name, const char *id)
{
	struct arena *mem = co_arena();
	struct room_event e;
	struct member *m;
	struct str kept;
	int rc;

	if ((rc = single_flight_get(mem, "failure", id, read_failure, &kept)) < 0 || kept.n == 0)
		return rc;
	if ((m = room_member(p, name)) != NULL && room_parse(kept.p, kept.n, &e))
		send_state(p, m, &e);
	return 0;
}

static void
refresh_room(struct room *r)
{
	struct room_event e;
	struct member *m;
	uint32_t version = r->states.version;
	int rc;

	if (r->n_members == 0)
		return;
	if ((rc = read_state(co_arena(), r, &e)) < 0) {
		log_warn("cannot read a room's state", JS("room", r->name), JS("error", err_row(rc)->code));
		return;
	}
	/* A state behind the position is brought by the channel, or by the next replay, after what was published before
	 * it. */
	if (room_log_on() && e.seq > r->cursor.position)
		return;
	if (r->n_members == 0 || !keep_state(r, &e, version))
		return;
	r->states.version++;
	for (m = r->members; m != NULL; m = m->next)
		m->sent_seq = r->states.dedup_seq;
	room_broadcast(r, &e);
}

static void
refresh_rooms(void *arg)
{
	struct room *r;

	(void)arg;
	while ((r = stale_first) != NULL) {
		if ((stale_first = r->next_stale) == NULL)
			stale_end = &stale_first;
		r->stale = false;
		co_set_deadline(REFRESH_MS);
		refresh_room(r);
		room_put(r);
	}
	refreshing = false;
}

void
kept_state_refresh(struct room *r)
{
	if (r->stale)
		return;
	r->stale = true;
	r->next_stale = NULL;
	*stale_end = r;
	stale_end = &r->next_stale;
	room_ref(r);
	if (!refreshing) {
		refreshing = true;
		co_spawn(refresh_rooms, NULL, 0);
	}
}
