/* room_channel.c -- what the channels of rooms bring. See room_channel.h. */
#include "room_channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "kept_state.h"
#include "link/redis.h"
#include "room_trace.h"
#include "worker/domain/core/room_log.h"

static struct hold held;	/* of the rooms whose cursor is not LIVE */
static const struct room_channel_ops *ops;
static struct {
	bool		 on;		/* rooms are PREPARING until the predecessor's clients are here */
	bool		 gap;		/* some events may have been missed */
	struct room	**rooms;	/* that were opened meanwhile, referenced */
	size_t		 n, cap;
} taking;

/* --- Control events --- */

static struct control {
	const char	*event;
	void		(*obey)(struct room *r, struct str payload);
} controls[ROOM_CONTROLS];
static size_t n_controls;

void
room_channel_obey(const char *event, void (*obey)(struct room *r, struct str payload))
{
	if (n_controls == ROOM_CONTROLS)
		bug("too many kinds of control events");
	controls[n_controls++] = (struct control){ event, obey };
}

/* Control events of another version of Dure may be unknown; they are ignored. */
static void
obey_event(struct room *r, const struct room_event *e)
{
	size_t i;

	for (i = 0; i < n_controls; i++)
		if (str_eq(e->event, str_of(controls[i].event)))
			controls[i].obey(r, e->payload);
}

void
room_channel_controls_missed(struct room *r)
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
		if (!state_cursor_accept(&r->states, e->seq)) {
			room_broadcast_to_others(r, e);
			return;
		}
		room_set_state(r, e->payload);
	} else if (r->kind == NULL && e->seq > r->states.seq) {
		r->states.seq = e->seq;
	}
	room_broadcast(r, e);
}

/* Redis may begin again with lower seqs: forget which kept states members were sent. */
static void
interrupt_states(struct room *r)
{
	struct member *m;

	state_cursor_interrupt(&r->states);
	for (m = r->members; m != NULL; m = m->next)
		m->sent_seq = 0;
}

/* An event that exceeds the hold is read from the log. */
static void
hold_event(struct room *r, const struct room_event *e)
{
	if (hold_add(&held, r, e, conf.ws_hold_bytes))
		return;
	if (taking.on)
		taking.gap = true;
	else
		ops->behind(r);
}

/* An event of the channel. */
static void
receive_event(struct room *r, const struct room_event *e)
{
	enum cursor_verdict verdict = cursor_accept(&r->cursor, e->seq);

	if (verdict == CURSOR_DELIVER) {
		if (e->trace.p != NULL)
			room_trace_note(r, e);
		deliver_event(r, e);
	} else if (verdict == CURSOR_HOLD)
		hold_event(r, e);
}

void
room_channel_receive_replayed(struct room *r, const struct room_event *e)
{
	if (cursor_accept_replayed(&r->cursor, e->seq) == CURSOR_DELIVER)
		deliver_event(r, e);
}

void
room_channel_receive_held(void)
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
		interrupt_states(r);
		room_want(r->name);
		taking.gap = taking.gap || taking.on;
		if (!taking.on)
			ops->behind(r);
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

	room_state_enter(r, ROOM_READY);
	co_gate_wake_all(&r->changed);
	if (r->promised) {
		r->promised = false;
		ops->behind(r);
	} else if (r->states.version > 0 || r->loaded) {
		kept_state_refresh(r);	/* a state was sent before the channel was subscribed to */
	}
}

void
room_channel_subscribe(struct room *r)
{
	size_t n = strlen(r->name);
	char channel[sizeof("fanout:") + n];

	if (r->state != ROOM_POSITIONING)
		return;
	snprintf(channel, sizeof(channel), "fanout:%s", r->name);
	room_state_enter(r, ROOM_SUBSCRIBING);
	r->sub = redis_subscribe(channel, on_message, on_subscribed, r);
}

/* --- From a predecessor --- */

/* The room waits for the predecessor's clients. */
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

void
room_channel_prepare(const char *name)
{
	taking.on = true;
	(void)room_open(name);
}

bool
room_channel_prepared(void)
{
	size_t i;

	for (i = 0; i < taking.n && taking.rooms[i]->state >= ROOM_READY; i++)
		;
	return i == taking.n;
}

void
room_channel_restore(const char *name, int64_t position, int64_t created_ms)
{
	struct room *r = room_find(name);

	if (r == NULL)
		return;
	cursor_restore(&r->cursor, position);
	r->created_ms = created_ms;
	if (r->kind == NULL)
		r->states.seq = position;
}

void
room_channel_restore_gap(void)
{
	taking.gap = true;
}

static void
begin_service(struct room *r)
{
	cursor_enter(&r->cursor, CURSOR_LIVE);
	co_gate_wake_all(&r->changed);
	r->promised = r->state < ROOM_READY;
	if (taking.gap && r->n_members > 0)
		ops->behind(r);
}

void
room_channel_take_over(void)
{
	size_t i;

	taking.on = false;
	for (i = 0; i < taking.n; i++)
		begin_service(taking.rooms[i]);
	room_channel_receive_held();
	for (i = 0; i < taking.n; i++) {
		room_close_empty(taking.rooms[i]);
		room_put(taking.rooms[i]);
	}
	free(taking.rooms);
	taking.rooms = NULL;
	taking.n = taking.cap = 0;
	taking.gap = false;
}

/* --- New rooms --- */

static void
on_opened(struct room *r)
{
	if (taking.on)
		prepare_room(r);
	ops->opened(r);
}

void
room_channel_start(const struct room_channel_ops *wanted)
{
	ops = wanted;
	room_start(on_opened);
}
