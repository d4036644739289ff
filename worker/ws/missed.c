/* missed.c -- catching up with rooms. See missed.h. */
#include "missed.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "link/redis.h"
#include "mark.h"
#include "run/co.h"
#include "state.h"
#include "worker/domain/core/room_log.h"

enum { BATCH = 256, LIMIT_MS = 5000, PAUSE_MS = 50 };

struct room_list {
	struct room	**v;		/* referenced */
	size_t		 n, cap;
};
static struct room_list unplaced, behind;
static struct buf held;
static struct loop_timer place_timer, catch_up_timer;	/* the end of the turn in which the first came */
static bool again;		/* there is more to be read since */

/* An event to be cast. */
struct late_event {
	struct room_event e;
	struct room	 *room;
};

static void
add(struct room_list *l, struct room *r)
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
clear(struct room_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		room_put(l->v[i]);
	free(l->v);
	*l = (struct room_list){ 0 };
}

/* --- New rooms --- */

/* One question for all whose channel came in this turn. */
static void
place(void *arg)
{
	struct room_list now = unplaced;
	struct str seq;
	int64_t upto;
	size_t i;

	(void)arg;
	unplaced = (struct room_list){ 0 };
	if (redis_get("room:seq", &seq) == 0 && redis_up()) {	/* else a channel may have been lost before */
		upto = seq.p != NULL ? strtoll(seq.p, NULL, 10) : 1;	/* 1: nothing yet */
		for (i = 0; i < now.n; i++)
			if (!now.v[i]->behind && now.v[i]->last_seq < upto)
				now.v[i]->last_seq = upto;
	}
	clear(&now);
}

static void
on_place(struct loop_timer *t)
{
	(void)t;
	co_spawn(place, NULL, 0);
}

void
missed_place(struct room *r)
{
	if (!room_log_on())
		return;
	add(&unplaced, r);
	if (unplaced.n == 1)
		loop_timer_start(&place_timer, 0, 0);
}

/* --- Rooms that are behind --- */

/* What the log of a room had. */
struct reading {
	struct room_missed	 missed;
	int64_t			 upto;		/* what has a later seq comes over the channel */
};

/* The logs of all of them. What came over the channels before the answer is in `held`. */
static int
read_logs(struct reading *out, size_t n)
{
	struct room_since *since = arena_alloc(co_arena(), n * sizeof(*since));
	struct room_missed *missed = arena_alloc(co_arena(), BATCH * sizeof(*missed));
	struct mark *mark = arena_alloc(co_arena(), sizeof(*mark));
	int64_t upto;
	size_t i, k, part;
	int rc = 0, late = 0;

	for (i = 0; i < n; i++)		/* who knows of nothing is owed nothing */
		since[i] = (struct room_since){ behind.v[i]->name, behind.v[i]->last_seq > 0 ? behind.v[i]->last_seq : INT64_MAX };
	for (i = 0; i < n && rc == 0 && late == 0; i += part) {
		part = n - i < BATCH ? n - i : BATCH;
		mark_new(mark);
		rc = room_log_since(co_arena(), since + i, part, (struct room_mark){ mark_channel(), mark->text }, missed, &upto);
		late = mark_wait(mark, rc < 0 ? 0 : MARK_MS);
		for (k = 0; k < part && rc == 0; k++)
			out[i + k] = (struct reading){ missed[k], upto };
	}
	return rc < 0 ? rc : late;
}

static int
by_seq(const void *a, const void *b)
{
	const struct late_event *x = a, *y = b;

	return x->e.seq < y->e.seq ? -1 : x->e.seq > y->e.seq;
}

/* It stands where the last of what is not there any more was. */
static struct room_event
gap_event(const struct room *r, const struct room_missed *m)
{
	return (struct room_event){ .seq = m->lost_to, .event = STR("gap"), .class = ROOM_STATE,
	    .payload = room_gap(co_arena(), r->name, m->lost, m->lost_from, m->lost_to) };
}

/* In the order in which they were published, over all rooms. */
static void
cast_missed(const struct reading *from, size_t n)
{
	struct late_event *all;
	size_t i, k, most = n, events = 0;
	int64_t lost = 0;

	for (i = 0; i < n; i++)
		most += from[i].missed.n;
	all = arena_alloc(co_arena(), most * sizeof(*all));
	for (i = 0; i < n; i++) {
		const struct room_missed *m = &from[i].missed;

		lost += m->lost;
		if (m->lost > 0)
			all[events++] = (struct late_event){ gap_event(behind.v[i], m), behind.v[i] };
		for (k = 0; k < m->n; k++) {
			all[events].room = behind.v[i];
			events += room_parse(m->v[k].p, m->v[k].n, &all[events].e);
		}
	}
	qsort(all, events, sizeof(*all), by_seq);
	for (i = 0; i < events; i++)
		room_receive(all[i].room, &all[i].e);
	for (i = 0; i < n; i++)
		behind.v[i]->told_seq = from[i].upto;
	log_info("rooms have caught up", JI("rooms", (int64_t)n), JI("events", (int64_t)events), JI("lost", lost));
}

/* What came meanwhile; then everything directly. */
static void
let_go(void)
{
	const struct room *which;
	struct room_event e;
	size_t i;

	while (room_next_held(&held, &which, &e))
		room_receive((struct room *)(uintptr_t)which, &e);
	buf_fini(&held);
	for (i = 0; i < behind.n; i++) {
		behind.v[i]->behind = false;
		co_gate_wake_all(&behind.v[i]->changed);
		state_refresh(behind.v[i]);
	}
	clear(&behind);
}

static void
catch_up(void *arg)
{
	int64_t until_ms = mono_ms() + LIMIT_MS;
	struct reading *from = NULL;
	size_t n = 0;
	int rc;

	(void)arg;
	do {
		again = false;
		n = behind.n;
		from = arena_alloc(co_arena(), n * sizeof(*from));
		if ((rc = read_logs(from, n)) == 0 && !again)
			break;
	} while (mono_ms() < until_ms && co_sleep(PAUSE_MS) == 0);
	if (rc == 0)
		cast_missed(from, n);
	else
		log_warn("what the rooms missed cannot be read", JI("rooms", (int64_t)n), JS("error", err_row(rc)->code));
	let_go();
}

static void
on_catch_up(struct loop_timer *t)
{
	(void)t;
	co_spawn(catch_up, NULL, 0);
}

void
missed_begin(struct room *r)
{
	if (!room_log_on()) {
		state_refresh(r);
		return;
	}
	again = true;
	if (r->behind)
		return;
	r->behind = true;
	add(&behind, r);
	if (behind.n == 1)
		loop_timer_start(&catch_up_timer, 0, 0);
}

void
missed_start(void)
{
	loop_timer_init(&place_timer, on_place, NULL);
	loop_timer_init(&catch_up_timer, on_catch_up, NULL);
}

struct buf *
missed_held(void)
{
	return &held;
}

bool
missed_any(void)
{
	return behind.n > 0;
}
