/* ws_room.c -- rooms of this process. See room.h. */
#include "ws_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "catch_up.h"
#include "kept_state.h"
#include "link/redis.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/analysis/batch.h"
#include "worker/domain/catalog/search.h"
#include "worker/domain/core/room_log.h"
#include "worker/ws/wire/encode.h"

enum { READY_WAIT_MS = 3000, CHUNK_MORE_BYTES = 16384 };

static const struct room_kind kinds[] = {
	{ "analysis:", "analysis-update", analysis_state },
	{ "search:", "search-results", search_state },
	{ "batch:", "batch-update", batch_state },
	{ NULL, NULL, NULL },
};

static struct hashtab rooms;
static struct due wants;
/* of all rooms: every event up to its position that concerns this process has been broadcast */
static struct cursor broadcast;
static struct hold held;	/* of the rooms whose cursor is not LIVE */
static struct {
	bool		 on;		/* rooms are PREPARING until the predecessor's clients are here */
	bool		 gap;		/* some events may have been missed */
	struct room	**rooms;	/* that were opened meanwhile, referenced */
	size_t		 n, cap;
} taking;

static void
on_want_due(struct due_entry *e)
{
	room_want(HOLDER(e, struct room, want_due)->name);
	due_start(&wants, e);
}

void
room_start(void)
{
	due_init(&wants, ROOM_WANT_MS, on_want_due);
	missed_start();
}

static uint64_t
hash_of(const char *name)
{
	return hash_keyed(name, strlen(name));
}

static struct room *
find_room(const char *name)
{
	struct hashtab_node *node = NULL;
	uint64_t hash = hash_of(name);

	while ((node = hashtab_find(&rooms, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct room, node)->name, name) == 0)
			return HOLDER(node, struct room, node);
	return NULL;
}

static const struct room_kind *
kind_of(const char *name)
{
	const struct room_kind *k = kinds;

	while (k->prefix != NULL && strncmp(name, k->prefix, strlen(k->prefix)) != 0)
		k++;
	return k->prefix != NULL ? k : NULL;
}

/* --- Control events --- */

static struct control {
	const char	*event;
	void		(*obey)(struct room *r, struct str payload);
} controls[ROOM_CONTROLS];
static size_t n_controls;

void
room_obey(const char *event, void (*obey)(struct room *r, struct str payload))
{
	if (n_controls == ROOM_CONTROLS)
		bug("too many kinds of control events");
	controls[n_controls++] = (struct control){ event, obey };
}

/* One of another version of Dure may be unknown. */
static void
obey_event(struct room *r, const struct room_event *e)
{
	size_t i;

	for (i = 0; i < n_controls; i++)
		if (str_eq(e->event, str_of(controls[i].event)))
			controls[i].obey(r, e->payload);
}

void
room_controls_missed(struct room *r)
{
	size_t i;

	for (i = 0; i < n_controls; i++)
		controls[i].obey(r, (struct str){ NULL, 0 });
}

/* --- Events --- */

static void
deliver_event(struct room *r, const struct room_event *e)
{
	if (room_is_control(e)) {
		obey_event(r, e);
		return;
	}
	if (r->kind != NULL && str_eq(e->event, str_of(r->kind->event))) {
		if (!state_cursor_accept(&r->states, e->seq))
			return;
		room_set_state(r, e->payload);
	} else if (r->kind == NULL && e->seq > r->states.seq) {
		r->states.seq = e->seq;
	}
	room_cast(r, e);
}

/* What has no room in the hold is read from the log. */
static void
hold_event(struct room *r, const struct room_event *e)
{
	if (hold_add(&held, r, e, conf.ws_hold_bytes))
		return;
	if (taking.on)
		taking.gap = true;
	else
		missed_begin(r);
}

/* An event of the channel. */
static void
receive_event(struct room *r, const struct room_event *e)
{
	enum cursor_verdict verdict = cursor_accept(&r->cursor, e->seq);

	if (verdict == CURSOR_DELIVER)
		deliver_event(r, e);
	else if (verdict == CURSOR_HOLD)
		hold_event(r, e);
}

void
room_receive_replayed(struct room *r, const struct room_event *e)
{
	if (cursor_accept_replayed(&r->cursor, e->seq) == CURSOR_DELIVER)
		deliver_event(r, e);
}

void
room_receive_held(void)
{
	struct hold was = held;
	const struct room *which;
	struct room_event e;

	held = (struct hold){ .n_losses = 0 };
	while (hold_next(&was, &which, &e)) {
		struct room *r = (struct room *)(uintptr_t)which;

		if (e.seq == 0 || e.seq > r->cursor.dedup_seq)
			receive_event(r, &e);
	}
	hold_fini(&was);
}

static void
on_message(void *arg, const char *p, size_t n)
{
	struct room *r = arg;
	struct room_event e;

	if (p == NULL) {
		cursor_interrupt(&r->cursor);
		state_cursor_interrupt(&r->states);
		room_want(r->name);
		taking.gap = taking.gap || taking.on;
		if (!taking.on)
			missed_begin(r);
		return;
	}
	if (!room_parse(p, n, &e) || json_check(e.payload.p, e.payload.n, JSON_DEPTH_MAX, NULL) < 0) {
		log_warn("malformed message on a room's channel", JS("room", r->name));
		return;
	}
	receive_event(r, &e);
}

static void
on_subscribed(void *arg)
{
	struct room *r = arg;

	r->ready = true;
	co_gate_wake_all(&r->changed);
	if (r->promised) {
		r->promised = false;
		missed_begin(r);
		return;
	}
	missed_place(r);
}

/* The predecessor's clients are to come into it. */
static void
prepare_room(struct room *r)
{
	cursor_enter(&r->cursor, CURSOR_PREPARING);
	room_ref(r);
	if (taking.n == taking.cap) {
		taking.cap = 2 * taking.cap + 64;
		if ((taking.rooms = realloc(taking.rooms, taking.cap * sizeof(struct room *))) == NULL)
			abort();
	}
	taking.rooms[taking.n++] = r;
}

static struct room *
open_room(const char *name)
{
	size_t n = strlen(name);
	struct room *r = calloc(1, sizeof(*r) + n + 1);
	char channel[sizeof("fanout:") + n];

	if (r == NULL)
		abort();
	memcpy(r->name, name, n + 1);
	r->kind = kind_of(name);
	r->common = strcmp(name, ROOM_ALL) == 0 || strncmp(name, ROOM_PROCESS, strlen(ROOM_PROCESS)) == 0;
	r->created_ms = now_ms();
	(void)cursor_advance(&r->cursor, broadcast.position);
	if (taking.on)
		prepare_room(r);
	hashtab_add(&rooms, &r->node, hash_of(name));
	metric_set(M_WS_ROOMS, 0, (int64_t)rooms.n);
	snprintf(channel, sizeof(channel), "fanout:%s", name);
	r->sub = redis_subscribe(channel, on_message, on_subscribed, r);
	room_want(name);
	due_start(&wants, &r->want_due);
	return r;
}

/* The last member has left: nobody finds the room any more. */
static void
close_room(struct room *r)
{
	redis_unsubscribe(&r->sub);
	due_stop(&r->want_due);
	hashtab_del(&rooms, &r->node);
	metric_set(M_WS_ROOMS, 0, (int64_t)rooms.n);
}

void
room_ref(struct room *r)
{
	r->refs++;
}

void
room_put(struct room *r)
{
	if (--r->refs > 0)
		return;
	buf_fini(&r->state);
	free(r);
}

struct member *
room_member(struct peer *p, const char *name)
{
	struct member *m = p->rooms;

	while (m != NULL && strcmp(m->room->name, name) != 0)
		m = m->next_of_peer;
	return m;
}

static struct member *
add_member(struct peer *p, const char *name)
{
	struct room *r = find_room(name);
	struct member *m = malloc(sizeof(*m));

	if (m == NULL)
		abort();
	if (r == NULL)
		r = open_room(name);
	chunk_seal_open();
	*m = (struct member){ .next = r->members, .at = &r->members, .next_of_peer = p->rooms, .room = r, .peer = p,
		.version = r->states.version, .index = r->common ? 0 : ++p->joined };
	if (r->members != NULL)
		r->members->at = &m->next;
	r->members = m;
	r->n_members++;
	r->n_holding += !cursor_is_live(&p->cursor);
	p->rooms = m;
	p->n_rooms += !r->common;
	room_ref(r);
	if (p->moved != NULL && !r->common)
		p->moved(p, m, true);
	return m;
}

struct member *
room_enter(struct peer *p, const char *name)
{
	struct member *m = room_member(p, name);

	if (m != NULL || p->gone)
		return m;
	return p->n_rooms < conf.ws_rooms_max || strcmp(name, ROOM_ALL) == 0 ? add_member(p, name) : NULL;
}

int
room_join(struct peer *p, const char *name)
{
	int64_t until_ms = mono_ms() + READY_WAIT_MS, left;
	struct member *m = room_enter(p, name);
	struct room *r;
	int rc = 0;

	if (m == NULL)
		return p->gone ? E_CANCELED : E_RATE;
	r = m->room;
	room_ref(r);
	while ((!r->ready || !cursor_is_live(&r->cursor)) && !redis_away() && rc == 0)
		rc = co_gate_wait(&r->changed, (left = until_ms - mono_ms()) > 0 ? left : 0);
	if (rc == E_TIMEOUT && co_time_left() > 0)
		rc = 0;		/* it is in; the rest follows when Redis answers */
	r->promised = r->promised || !r->ready;
	room_put(r);
	return p->gone ? E_CANCELED : rc;
}

static void
drop_member(struct member *m)
{
	struct room *r = m->room;

	chunk_seal_open();
	*m->at = m->next;
	if (m->next != NULL)
		m->next->at = m->at;
	m->peer->n_rooms -= !r->common;
	r->n_holding -= !cursor_is_live(&m->peer->cursor);
	free(m);
	if (--r->n_members == 0)
		close_room(r);
	room_put(r);
}

bool
room_leave(struct peer *p, const char *name)
{
	struct member **at = &p->rooms, *m;

	while ((m = *at) != NULL && strcmp(m->room->name, name) != 0)
		at = &m->next_of_peer;
	if (m == NULL)
		return false;
	*at = m->next_of_peer;
	if (p->moved != NULL && !m->room->common)
		p->moved(p, m, false);
	drop_member(m);
	return true;
}

void
room_leave_all(struct peer *p)
{
	struct member *m;

	p->gone = true;
	while ((m = p->rooms) != NULL) {
		p->rooms = m->next_of_peer;
		drop_member(m);
	}
	room_release(p);
}

void
room_set_state(struct room *r, struct str payload)
{
	buf_reset(&r->state);
	buf_add(&r->state, payload.p, payload.n);
	r->loaded = true;
}

void
room_hold(struct peer *p, enum cursor_state state)
{
	struct member *m;

	if (p->gone)
		return;
	chunk_seal_open();	/* what is appended from now on it gets later */
	cursor_enter(&p->cursor, state);
	if ((p->hold = calloc(1, sizeof(*p->hold))) == NULL)
		abort();
	for (m = p->rooms; m != NULL; m = m->next_of_peer)
		m->room->n_holding++;
}

void
room_release(struct peer *p)
{
	struct member *m;

	chunk_seal_open();	/* it has no part in the chunks of this turn */
	if (p->hold == NULL)
		return;
	for (m = p->rooms; m != NULL; m = m->next_of_peer)
		m->room->n_holding--;
	cursor_enter(&p->cursor, CURSOR_LIVE);
	hold_fini(p->hold);
	free(p->hold);
	p->hold = NULL;
}

static void
hold_for_members(struct room *r, const struct room_event *e)
{
	struct member *m;

	for (m = r->members; m != NULL; m = m->next)
		if (m->peer->hold != NULL && !hold_add(m->peer->hold, r, e, conf.ws_queue_bytes))
			hold_lose(m->peer->hold, r, e);
}

int64_t
room_position(const struct peer *p)
{
	return broadcast.position > p->cursor.position ? broadcast.position : p->cursor.position;
}

/* What a client is to remember: nothing where the event is older than others that it may have got. */
static struct offset
take_offset(const struct room_event *e)
{
	return room_log_on() && cursor_advance(&broadcast, e->seq) ? (struct offset){ .seq = e->seq } : no_offset;
}

static enum chunk_policy
policy_of(const struct room_event *e)
{
	static const enum chunk_policy policies[] = {
		[ROOM_PROGRESS] = CHUNK_NEWEST, [ROOM_CARD] = CHUNK_OLDEST, [ROOM_STATE] = CHUNK_KEEP,
	};

	return policies[e->class];
}

/* What a full queue takes for one: the cards of a room, the progress of one name in it. The same in every process: it
 * is handed over. */
static uint64_t
key_of(const struct room *r, const struct room_event *e)
{
	return hash_bytes(r->name, strlen(r->name)) + (e->class == ROOM_PROGRESS ? hash_bytes(e->event.p, e->event.n)
	    : 0);
}

static struct chunk *
new_chunk(const struct room *r, const struct room_event *e, int coding)
{
	struct chunk *c = chunk_new();

	c->policy = (uint8_t)policy_of(e);
	c->lazy = e->class == ROOM_CARD && r->n_members >= conf.ws_pace_members && conf.ws_pace_ms > 0;
	c->coding = (uint8_t)coding;
	c->key = key_of(r, e);
	c->from = e->seq;
	if ((c->room = strdup(r->name)) == NULL)
		abort();
	return c;
}

static void
put_event(struct chunk *c, const struct room_event *e, const struct offset *o)
{
	encode_event(&c->b, c->coding, e, o);
	c->to = e->seq;
	c->events++;
}

/* The events of this turn are appended to the chunks that everybody already has in the queue, unless a full queue would
 * treat them otherwise. */
static bool
cast_more(struct room *r, const struct room_event *e, const struct offset *o)
{
	struct chunk *more[CHUNK_SLOTS], *c;
	int i, n = 0;

	for (i = 0; i < CHUNK_SLOTS; i++) {
		if ((c = chunk_opened(i, r)) == NULL)
			continue;
		if (c->policy != policy_of(e) || c->key != key_of(r, e) || c->b.n >= CHUNK_MORE_BYTES)
			return false;
		more[n++] = c;
	}
	for (i = 0; i < n; i++)
		put_event(more[i], e, o);
	return n > 0;
}

void
room_cast(struct room *r, const struct room_event *e)
{
	struct chunk *chunks[CHUNK_SLOTS] = { NULL };
	struct offset o = take_offset(e);
	struct member *m, *next;
	int i;

	metric_add(M_WS_DELIVERIES, 0, r->n_members);
	if (r->n_holding > 0)
		hold_for_members(r, e);
	if (cast_more(r, e, &o))
		return;
	chunk_seal_open();
	for (m = r->members; m != NULL; m = next) {
		struct chunk **c = &chunks[coding_of(m->peer)];

		next = m->next;
		if (!cursor_is_live(&m->peer->cursor))
			continue;
		if (*c == NULL) {
			*c = new_chunk(r, e, coding_of(m->peer));
			put_event(*c, e, &o);
		}
		m->peer->deliver(m->peer, *c);
	}
	for (i = 0; i < CHUNK_SLOTS; i++) {
		if (chunks[i] == NULL)
			continue;
		chunk_open(i, chunks[i], r);
		chunk_put(&chunks[i]);
	}
}

const struct room *
room_each(size_t *slot, const struct room *after)
{
	struct hashtab_node *node = hashtab_each(&rooms, slot, after != NULL
	    ? (struct hashtab_node *)(uintptr_t)&after->node : NULL);

	return node != NULL ? HOLDER(node, struct room, node) : NULL;
}

const struct room *
room_find(const char *name)
{
	return find_room(name);
}

/* --- From a predecessor --- */

void
room_prepare(const char *name)
{
	taking.on = true;
	if (find_room(name) == NULL)
		(void)open_room(name);
}

bool
room_prepared(void)
{
	size_t i;

	for (i = 0; i < taking.n && taking.rooms[i]->ready; i++)
		;
	return i == taking.n;
}

void
room_restore(const char *name, int64_t position, int64_t created_ms)
{
	struct room *r = find_room(name);

	if (r == NULL)
		return;
	cursor_restore(&r->cursor, position);
	r->created_ms = created_ms;
	if (r->kind == NULL)
		r->states.seq = position;
}

void
room_restore_gap(void)
{
	taking.gap = true;
}

int64_t
room_newest(int64_t seq)
{
	(void)cursor_advance(&broadcast, seq);
	return broadcast.position;
}

static void
begin_service(struct room *r)
{
	cursor_enter(&r->cursor, CURSOR_LIVE);
	co_gate_wake_all(&r->changed);
	r->promised = !r->ready;
	if (taking.gap && r->n_members > 0)
		missed_begin(r);
}

void
room_take_over(void)
{
	size_t i;

	taking.on = false;
	for (i = 0; i < taking.n; i++)
		begin_service(taking.rooms[i]);
	room_receive_held();
	for (i = 0; i < taking.n; i++) {
		if (taking.rooms[i]->n_members == 0 && taking.rooms[i]->sub != NULL)
			close_room(taking.rooms[i]);
		room_put(taking.rooms[i]);
	}
	free(taking.rooms);
	taking.rooms = NULL;
	taking.n = taking.cap = 0;
	taking.gap = false;
}
