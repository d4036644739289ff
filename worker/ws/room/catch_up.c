/* catch_up.c -- lets rooms catch up with their logs. See catch_up.h. */
#include "catch_up.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "kept_state.h"
#include "link/redis.h"
#include "replay.h"
#include "room_channel.h"
#include "run/co.h"
#include "worker/domain/core/room_log.h"

enum { BATCH = 256, LIMIT_MS = 5000, PAUSE_MS = 50 };

struct room_list {
	struct room	**v;		/* referenced by the queue */
	size_t		 n, cap;
};
static struct room_list unplaced, behind;
static struct loop_timer place_timer, catch_up_timer;	/* at the end of the first room's turn */
static bool again;		/* more rooms were added since */

static void
add_room(struct room_list *l, struct room *r)
{
	if (l->n == l->cap) {
		l->cap = 2 * l->cap + 16;
		if ((l->v = realloc(l->v, l->cap * sizeof(struct room *))) == NULL)
			abort();
	}
	room_ref(r);
	l->v[l->n++] = r;
}

static void
clear_rooms(struct room_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		room_put(l->v[i]);
	free(l->v);
	*l = (struct room_list){ 0 };
}

/* --- New rooms --- */

/* One query for all rooms that were opened in this turn. The position is read before the channels are subscribed to:
 * read afterwards, it could cover an event that a channel lost at once and that no replay would bring. */
static void
place_rooms(void *arg)
{
	struct room_list now = unplaced;
	struct str seq;
	int64_t upto;
	size_t i;

	(void)arg;
	unplaced = (struct room_list){ 0 };
	if (redis_get("room:seq", &seq) == 0) {
		upto = seq.p != NULL ? strtoll(seq.p, NULL, 10) : 1;	/* 1: before the first event */
		for (i = 0; i < now.n; i++)
			if (now.v[i]->cursor.dedup_seq == 0)	/* else the predecessor has sent its position */
				(void)cursor_advance(&now.v[i]->cursor, upto);
	}
	for (i = 0; i < now.n; i++)
		room_channel_subscribe(now.v[i]);
	clear_rooms(&now);
}

static void
on_place(struct loop_timer *t)
{
	(void)t;
	co_spawn(place_rooms, NULL, 0);
}

static void
place_room(struct room *r)
{
	if (!room_log_on()) {
		room_channel_subscribe(r);
		return;
	}
	add_room(&unplaced, r);
	if (unplaced.n == 1)
		loop_timer_start(&place_timer, 0, 0);
}

/* --- Rooms that are behind --- */

/* Reads the logs of all of them, in parts. */
static int
read_logs(struct replay_room *logs, size_t n)
{
	size_t i, part;
	int rc = 0;

	for (i = 0; i < n; i++)
		logs[i] = (struct replay_room){ .name = behind.v[i]->name,
		    .since = cursor_since(&behind.v[i]->cursor) };
	for (i = 0; i < n && rc == 0; i += part) {
		part = n - i < BATCH ? n - i : BATCH;
		rc = replay_read(logs + i, part);
	}
	return rc;
}

static void
receive_replayed(void *arg, const struct replay_event *ev)
{
	const struct replay_room *logs = arg;

	room_channel_receive_replayed(behind.v[ev->room - logs], &ev->e);
}

static void
replay_rooms(struct replay_room *logs, size_t n)
{
	struct replay_sum sum = replay_run(logs, n, 0, receive_replayed, logs);
	size_t i;

	for (i = 0; i < n; i++) {
		cursor_replayed(&behind.v[i]->cursor, logs[i].upto);
		if (logs[i].missed.lost > 0 || logs[i].since == INT64_MAX)
			room_channel_controls_missed(behind.v[i]);
	}
	room_channel_receive_held();		/* they wait for their next part, without the events just delivered */
	log_info("rooms have caught up", JI("rooms", (int64_t)n), JI("events", (int64_t)sum.events),
	    JI("lost", sum.lost));
}

/* Delivers the held events; the rooms deliver directly from here on. */
static void
end_replay(void)
{
	size_t i;

	for (i = 0; i < behind.n; i++)
		cursor_enter(&behind.v[i]->cursor, CURSOR_LIVE);
	room_channel_receive_held();
	for (i = 0; i < behind.n; i++) {
		co_gate_wake_all(&behind.v[i]->changed);
		kept_state_refresh(behind.v[i]);
	}
	clear_rooms(&behind);
}

static void
catch_up(void *arg)
{
	int64_t until_ms = mono_ms() + LIMIT_MS;
	struct replay_room *logs;
	size_t n = 0;
	int rc;

	(void)arg;
	do {
		again = false;
		n = behind.n;
		logs = arena_alloc(co_arena(), n * sizeof(*logs));
		if ((rc = read_logs(logs, n)) == 0)
			replay_rooms(logs, n);
	} while ((rc < 0 || again) && mono_ms() < until_ms && co_sleep(PAUSE_MS) == 0);
	if (rc == 0 && again)
		rc = E_TIMEOUT;
	for (n = 0; rc < 0 && n < behind.n; n++)
		room_channel_controls_missed(behind.v[n]);
	if (rc < 0)
		log_warn("what the rooms missed cannot be read", JI("rooms", (int64_t)n),
		    JS("error", err_row(rc)->code));
	end_replay();
}

static void
on_catch_up(struct loop_timer *t)
{
	(void)t;
	co_spawn(catch_up, NULL, 0);
}

static void
begin_replay(struct room *r)
{
	if (!room_log_on()) {
		kept_state_refresh(r);
		room_channel_controls_missed(r);
		return;
	}
	again = true;
	if (r->cursor.state == CURSOR_REPLAYING)
		return;
	cursor_enter(&r->cursor, CURSOR_REPLAYING);
	add_room(&behind, r);
	if (behind.n == 1)
		loop_timer_start(&catch_up_timer, 0, 0);
}

void
catch_up_start(void)
{
	static const struct room_channel_ops ops = { .opened = place_room, .behind = begin_replay };

	room_channel_start(&ops);
	loop_timer_init(&place_timer, on_place, NULL);
	loop_timer_init(&catch_up_timer, on_catch_up, NULL);
}

bool
catch_up_any(void)
{
	return behind.n > 0;
}
