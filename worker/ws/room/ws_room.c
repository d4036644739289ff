/* ws_room.c -- rooms of this process. See ws_room.h. */
#include "ws_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/slab.h"
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
static struct slab members = { .size = sizeof(struct member) };
static struct timeout_queue wants;
/* the newest event broadcast, over all rooms */
static struct cursor broadcast;
static void	(*on_opened)(struct room *r);

void
room_state_enter(struct room *r, enum room_state state)
{
	static const bool legal[ROOM_STATES][ROOM_STATES] = {
		[ROOM_POSITIONING] = { [ROOM_SUBSCRIBING] = true, [ROOM_CLOSED] = true },
		[ROOM_SUBSCRIBING] = { [ROOM_READY] = true, [ROOM_CLOSED] = true },
		[ROOM_READY]	   = { [ROOM_CLOSED] = true },
	};

	if (!legal[r->state][state])
		bug("a room cannot go from this state to that");
	r->state = (uint8_t)state;
}

static void
on_want_timeout(struct timeout *e)
{
	room_want(HOLDER(e, struct room, want_timeout)->name);
	timeout_start(&wants, e);
}

void
room_start(void (*opened)(struct room *r))
{
	timeout_queue_init(&wants, ROOM_WANT_MS, on_want_timeout);
	on_opened = opened;
}

static uint64_t
hash_of_name(const char *name)
{
	return hash_keyed(name, strlen(name));
}

struct room *
room_find(const char *name)
{
	struct hashtab_node *node = NULL;
	uint64_t hash = hash_of_name(name);

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

static struct room *
open_room(const char *name)
{
	size_t n = strlen(name);
	struct room *r = calloc(1, sizeof(*r) + n + 1);

	if (r == NULL)
		abort();
	memcpy(r->name, name, n + 1);
	r->kind = kind_of(name);
	r->common = strcmp(name, ROOM_ALL) == 0 || strncmp(name, ROOM_PROCESS, strlen(ROOM_PROCESS)) == 0;
	r->created_ms = now_ms();
	(void)cursor_advance(&r->cursor, broadcast.position);
	hashtab_add(&rooms, &r->node, hash_of_name(name));
	metric_set(M_WS_ROOMS, 0, (int64_t)rooms.n);
	room_want(name);
	timeout_start(&wants, &r->want_timeout);
	on_opened(r);
	return r;
}

static void
close_room(struct room *r)
{
	room_state_enter(r, ROOM_CLOSED);
	redis_unsubscribe(&r->sub);
	timeout_stop(&r->want_timeout);
	hashtab_del(&rooms, &r->node);
	metric_set(M_WS_ROOMS, 0, (int64_t)rooms.n);
}

struct room *
room_open(const char *name)
{
	struct room *r = room_find(name);

	return r != NULL ? r : open_room(name);
}

void
room_close_empty(struct room *r)
{
	if (r->n_members == 0 && r->state != ROOM_CLOSED)
		close_room(r);
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
	buf_fini(&r->last);
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
add_member(struct peer *p, const char *name, enum room_move how)
{
	struct room *r = room_open(name);
	struct member *m = slab_alloc(&members);

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
		p->moved(p, m, how);
	return m;
}

struct member *
room_enter(struct peer *p, const char *name, enum room_move how)
{
	struct member *m = room_member(p, name);

	if (m != NULL || p->gone)
		return m;
	return p->n_rooms < conf.ws_rooms_max || strcmp(name, ROOM_ALL) == 0 ? add_member(p, name, how) : NULL;
}

int
room_join(struct peer *p, const char *name)
{
	int64_t until_ms = mono_ms() + READY_WAIT_MS, left;
	struct member *m = room_enter(p, name, ROOM_ENTERED);
	struct room *r;
	int rc = 0;

	if (m == NULL)
		return p->gone ? E_CANCELED : E_RATE;
	r = m->room;
	room_ref(r);
	while ((r->state < ROOM_READY || !cursor_is_live(&r->cursor)) && !redis_away() && rc == 0)
		rc = co_gate_wait(&r->changed, (left = until_ms - mono_ms()) > 0 ? left : 0);
	if (rc == E_TIMEOUT && co_time_left() > 0)
		rc = 0;		/* the peer is a member; events follow when Redis answers */
	r->promised = r->promised || r->state < ROOM_READY;
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
	slab_free(&members, m);
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
		p->moved(p, m, ROOM_LEFT);
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
	buf_reset(&r->last);
	buf_add(&r->last, payload.p, payload.n);
	r->loaded = true;
}

void
room_hold(struct peer *p, enum cursor_state state)
{
	struct member *m;

	if (p->gone)
		return;
	chunk_seal_open();	/* chunks of this turn that grow further are not for this peer */
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

	chunk_seal_open();	/* the open chunks were not queued for this peer */
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
hold_for_member(const struct member *m, const struct room_event *e)
{
	if (!hold_add(m->peer->hold, m->room, e, conf.ws_queue_bytes))
		hold_lose(m->peer->hold, m->room, e);
}

static void
hold_for_members(struct room *r, const struct room_event *e)
{
	struct member *m;

	for (m = r->members; m != NULL; m = m->next)
		if (m->peer->hold != NULL)
			hold_for_member(m, e);
}

int64_t
room_position(const struct peer *p)
{
	return broadcast.position > p->cursor.position ? broadcast.position : p->cursor.position;
}

/* The offset that a client is to store: none where the client may have got newer events already. */
static struct offset
take_offset(const struct room_event *e)
{
	return room_log_on() && cursor_advance(&broadcast, e->seq) ? (struct offset){ .seq = e->seq } : no_offset;
}

static enum chunk_policy
policy_of(const struct room_event *e)
{
	static const enum chunk_policy policies[] = {
		[ROOM_PROGRESS] = CHUNK_KEEP_NEWEST, [ROOM_CARD] = CHUNK_DROP_OLDEST, [ROOM_STATE] = CHUNK_KEEP,
	};

	return policies[e->class];
}

/* What a full queue coalesces: the cards of a room, the progress of one name in it. The key is the same in every
 * process, for it is handed over. */
static uint64_t
key_of(const struct room *r, const struct room_event *e)
{
	return hash_bytes(r->name, strlen(r->name)) + (e->class == ROOM_PROGRESS
	    ? hash_bytes(e->event.p, e->event.n) : 0);
}

_Static_assert((int)CODINGS == (int)CHUNK_SLOTS, "a coding without a slot");

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

/* Append the event to the chunks of this turn, which every member has in its queue already, unless a full queue
 * would treat it differently. */
static bool
append_to_open_chunks(struct room *r, const struct room_event *e, const struct offset *o)
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
room_broadcast(struct room *r, const struct room_event *e)
{
	struct chunk *chunks[CHUNK_SLOTS] = { NULL };
	struct offset o = take_offset(e);
	struct member *m, *next;
	int i;

	metric_add(M_WS_DELIVERIES, 0, r->n_members);
	if (r->n_holding > 0)
		hold_for_members(r, e);
	if (append_to_open_chunks(r, e, &o))
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

/* No chunk is shared with what follows, which is for all. */
void
room_broadcast_to_others(struct room *r, const struct room_event *e)
{
	struct chunk *chunks[CHUNK_SLOTS] = { NULL };
	struct offset o = take_offset(e);
	struct member *m, *next;
	int i;

	chunk_seal_open();
	for (m = r->members; m != NULL; m = next) {
		struct chunk **c = &chunks[coding_of(m->peer)];

		next = m->next;
		if (!state_cursor_lacks(m->sent_seq, e->seq))
			continue;
		m->sent_seq = e->seq;
		metric_add(M_WS_DELIVERIES, 0, 1);
		if (m->peer->hold != NULL) {
			hold_for_member(m, e);
			continue;
		}
		if (*c == NULL) {
			*c = new_chunk(r, e, coding_of(m->peer));
			put_event(*c, e, &o);
		}
		m->peer->deliver(m->peer, *c);
	}
	for (i = 0; i < CHUNK_SLOTS; i++)
		if (chunks[i] != NULL)
			chunk_put(&chunks[i]);
}

const struct room *
room_each(size_t *slot, const struct room *after)
{
	struct hashtab_node *node = hashtab_each(&rooms, slot, after != NULL
	    ? (struct hashtab_node *)(uintptr_t)&after->node : NULL);

	return node != NULL ? HOLDER(node, struct room, node) : NULL;
}

int64_t
room_newest(int64_t seq)
{
	(void)cursor_advance(&broadcast, seq);
	return broadcast.position;
}
