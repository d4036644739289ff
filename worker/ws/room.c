/* room.c -- rooms of this process. See room.h. */
#include "room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "encode.h"
#include "link/redis.h"
#include "missed.h"
#include "state.h"
#include "worker/domain/analysis.h"
#include "worker/domain/batch.h"
#include "worker/domain/room_log.h"
#include "worker/domain/search.h"

enum { READY_WAIT_MS = 3000, CHUNK_MORE_BYTES = 16384 };

static const struct room_kind kinds[] = {
	{ "analysis:", "analysis-update", analysis_state },
	{ "search:", "search-results", search_state },
	{ "batch:", "batch-update", batch_state },
	{ NULL, NULL, NULL },
};

static struct hashtab rooms;
static struct due wants;
static int64_t newest_seq;	/* every event up to it that concerns this process has been cast */
static struct {
	bool		 on;		/* messages are kept until the predecessor's clients are here */
	bool		 gap;		/* and some may have been missed */
	struct buf	 held;
	struct room	**rooms;	/* that were prepared */
	size_t		 n, cap;
} taking;

static void	hold_event(struct buf *held, const struct room *r, const struct room_event *e);

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

/* Whether this live state has already been sent, as the kept one that was read a moment ago. */
static bool
is_old_state(const struct room *r, const struct room_event *e)
{
	return e->seq <= r->state_seq && mono_ms() < r->kept_until_ms;
}

void
room_receive(struct room *r, const struct room_event *e)
{
	if (e->seq <= r->told_seq)
		return;
	r->last_seq = e->seq;
	if (r->kind != NULL && str_eq(e->event, str_of(r->kind->event))) {
		if (is_old_state(r, e))
			return;
		room_set_state(r, e->seq, e->payload);
		r->casts++;
	} else if (r->kind == NULL && e->seq > r->state_seq) {
		r->state_seq = e->seq;
	}
	room_cast(r, e);
}

static void
on_message(void *arg, const char *p, size_t n)
{
	struct room *r = arg;
	struct room_event e;

	if (p == NULL) {
		r->told_seq = 0;	/* what comes now was published after the hand-over, by whatever clock */
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
	if (taking.on || r->behind)
		hold_event(taking.on ? &taking.held : missed_held(), r, &e);
	else
		room_receive(r, &e);
}

static void
on_subscribed(void *arg)
{
	struct room *r = arg;
	bool told = r->casts > 0 || r->loaded;

	r->ready = true;
	co_gate_wake_all(&r->changed);
	if (r->promised) {
		r->promised = false;
		missed_begin(r);
		return;
	}
	missed_place(r);
	if (told)	/* somebody was told a state before the channel was there */
		state_refresh(r);
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
	r->common = strcmp(name, ROOM_ALL) == 0;
	r->created_ms = now_ms();
	r->last_seq = newest_seq;
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
	*m = (struct member){ r->members, &r->members, p->rooms, r, p, r->casts, r->common ? 0 : ++p->joined };
	if (r->members != NULL)
		r->members->at = &m->next;
	r->members = m;
	r->n_members++;
	r->n_holding += p->held != NULL;
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
	while ((!r->ready || r->behind) && !redis_away() && rc == 0)
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
	r->n_holding -= m->peer->held != NULL;
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
}

void
room_set_state(struct room *r, int64_t seq, struct str payload)
{
	buf_reset(&r->state);
	buf_add(&r->state, payload.p, payload.n);
	r->state_seq = seq;
	r->loaded = true;
}

void
room_hold(struct peer *p, struct buf *held)
{
	struct member *m;

	chunk_seal_open();	/* what is appended from now on it gets later */
	p->held = held;
	for (m = p->rooms; m != NULL; m = m->next_of_peer)
		m->room->n_holding++;
}

void
room_release(struct peer *p)
{
	struct member *m;

	chunk_seal_open();	/* it has no part in the chunks of this turn */
	if (p->held != NULL)
		for (m = p->rooms; m != NULL; m = m->next_of_peer)
			m->room->n_holding--;
	p->held = NULL;
}

/* Before each wire message. A state that was read anew has no place in the log, and no seq, which the wire does not know. */
struct held_head {
	const struct room	*room;
	size_t			 n;
	int64_t			 seq;
};

bool
room_next_held(struct buf *held, const struct room **room, struct room_event *e)
{
	struct held_head h;

	if (held->n == 0)
		return false;
	memcpy(&h, held->p, sizeof(h));
	if (!room_parse(held->p + sizeof(h), h.n, e))
		bug("a held event is malformed");
	e->seq = h.seq;
	*room = h.room;
	buf_drop(held, sizeof(h) + h.n);
	return true;
}

static void
hold_event(struct buf *held, const struct room *r, const struct room_event *e)
{
	struct held_head h = { .room = r, .seq = e->seq };
	struct room_event placed = *e;
	struct buf wire = { 0 };

	if (placed.seq == 0)
		placed.seq = 1;
	room_put_wire(&wire, &placed);
	h.n = wire.n;
	buf_add(held, &h, sizeof(h));
	buf_add(held, wire.p, wire.n);
	buf_fini(&wire);
}

static void
hold_for_members(struct room *r, const struct room_event *e)
{
	struct member *m;

	for (m = r->members; m != NULL; m = m->next)
		if (m->peer->held != NULL)
			hold_event(m->peer->held, r, e);
}

int64_t
room_position(const struct peer *p)
{
	return newest_seq > p->floor ? newest_seq : p->floor;
}

/* What a client is to remember: nothing where the event is older than others that it may have got. */
static struct offset
take_offset(const struct room_event *e)
{
	if (!room_log_on() || e->seq <= newest_seq)
		return (struct offset){ 0 };
	newest_seq = e->seq;
	return (struct offset){ .seq = e->seq };
}

static enum chunk_policy
policy_of(const struct room_event *e)
{
	static const enum chunk_policy policies[] = {
		[ROOM_PROGRESS] = CHUNK_NEWEST, [ROOM_CARD] = CHUNK_OLDEST, [ROOM_STATE] = CHUNK_KEEP,
	};

	return policies[e->class];
}

/* What a full queue takes for one: the cards of a room, the progress of one name in it. The same in every process: it is handed over. */
static uint64_t
key_of(const struct room *r, const struct room_event *e)
{
	return hash_bytes(r->name, strlen(r->name)) + (e->class == ROOM_PROGRESS ? hash_bytes(e->event.p, e->event.n) : 0);
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
		if (m->peer->held != NULL)
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
	struct hashtab_node *node = hashtab_each(&rooms, slot, after != NULL ? (struct hashtab_node *)(uintptr_t)&after->node : NULL);

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
	struct room *r = find_room(name);

	taking.on = true;
	if (r == NULL)
		r = open_room(name);
	else if (r->refs > 0)
		return;
	room_ref(r);
	if (taking.n == taking.cap) {
		taking.cap = 2 * taking.cap + 64;
		if ((taking.rooms = realloc(taking.rooms, taking.cap * sizeof(struct room *))) == NULL)
			abort();
	}
	taking.rooms[taking.n++] = r;
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
room_restore(const char *name, int64_t last_seq, int64_t created_ms)
{
	struct room *r = find_room(name);

	if (r == NULL)
		return;
	r->last_seq = r->told_seq = last_seq;
	r->created_ms = created_ms;
	if (r->kind == NULL)
		r->state_seq = last_seq;
}

void
room_restore_gap(void)
{
	taking.gap = true;
}

int64_t
room_newest(int64_t seq)
{
	if (seq > newest_seq)
		newest_seq = seq;
	return newest_seq;
}

void
room_take_over(void)
{
	const struct room *which;
	struct room_event e;
	size_t i;

	taking.on = false;
	while (room_next_held(&taking.held, &which, &e))
		room_receive((struct room *)(uintptr_t)which, &e);
	for (i = 0; i < taking.n; i++) {
		if (taking.gap)
			missed_begin(taking.rooms[i]);
		taking.rooms[i]->promised = !taking.rooms[i]->ready;
		if (taking.rooms[i]->n_members == 0 && taking.rooms[i]->sub != NULL)
			close_room(taking.rooms[i]);
		room_put(taking.rooms[i]);
	}
	buf_fini(&taking.held);
	free(taking.rooms);
	taking.rooms = NULL;
	taking.n = taking.cap = 0;
	taking.gap = false;
}
