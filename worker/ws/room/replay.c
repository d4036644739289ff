/* replay.c -- replaying rooms from their logs. See replay.h. Yields: replay_read, replay_read_last. */
#include "replay.h"

#include <stdlib.h>

#include "barrier.h"
#include "base/err.h"
#include "run/co.h"
#include "worker/ws/wire/chunk.h"

enum { CHUNK_BYTES = 65536, FRAME_COST = 128 };

/* --- Reading --- */

int
replay_read(struct replay_room *rooms, size_t n)
{
	struct room_since *since = arena_alloc(co_arena(), (n + 1) * sizeof(*since));
	struct room_missed *missed = arena_alloc(co_arena(), (n + 1) * sizeof(*missed));
	struct barrier *barrier = arena_alloc(co_arena(), sizeof(*barrier));
	int64_t upto = 0;
	int rc, late;
	size_t i;

	for (i = 0; i < n; i++)
		since[i] = (struct room_since){ rooms[i].name, rooms[i].since };
	barrier_init(barrier);
	rc = room_log_since(co_arena(), since, n, (struct room_barrier){ barrier_channel(), barrier->text }, missed,
	    &upto);
	late = barrier_wait(barrier, rc < 0 ? 0 : BARRIER_MS);
	if (rc < 0 || late < 0)
		return rc < 0 ? rc : late;
	for (i = 0; i < n; i++) {
		rooms[i].missed = missed[i];
		rooms[i].upto = upto;
	}
	return 0;
}

int
replay_read_last(struct replay_room *room, int64_t n)
{
	struct barrier *barrier = arena_alloc(co_arena(), sizeof(*barrier));
	int rc, late;

	barrier_init(barrier);
	rc = room_log_last(co_arena(), room->name, n, (struct room_barrier){ barrier_channel(), barrier->text },
	    &room->missed, &room->upto);
	late = barrier_wait(barrier, rc < 0 ? 0 : BARRIER_MS);
	return rc < 0 || late != E_CANCELED ? rc : late;
}

/* --- Handing out --- */

static int
by_seq(const void *a, const void *b)
{
	const struct replay_event *x = a, *y = b;

	return x->e.seq < y->e.seq ? -1 : x->e.seq > y->e.seq;
}

static size_t
collect_events(struct replay_room *rooms, size_t n, struct replay_event *all)
{
	size_t i, k, events = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < rooms[i].missed.n; k++) {
			all[events] = (struct replay_event){ .room = &rooms[i] };
			events += room_parse(rooms[i].missed.v[k].p, rooms[i].missed.v[k].n, &all[events].e);
		}
	qsort(all, events, sizeof(*all), by_seq);
	return events;
}

/* How many of the oldest events exceed max_bytes; they are counted as lost. */
static size_t
skip_excess(struct replay_room *rooms, const struct replay_event *all, size_t n, int64_t max_bytes)
{
	size_t i = n, k;

	while (i > 0 && (max_bytes -= 2 * (int64_t)all[i - 1].e.payload.n + FRAME_COST) > 0)
		i--;
	for (k = 0; k < i; k++) {
		struct room_missed *m = &rooms[all[k].room - rooms].missed;

		m->lost_from = m->lost == 0 ? all[k].e.seq : m->lost_from;
		m->lost_to = all[k].e.seq;
		m->lost++;
		m->v++;
		m->n--;
	}
	return i;
}

/* A gap takes the place of the last event that the log no longer has. */
static size_t
add_gaps(const struct replay_room *rooms, size_t n, struct replay_event *end, int64_t *lost)
{
	size_t i, gaps = 0;

	for (*lost = 0, i = 0; i < n; i++) {
		const struct room_missed *m = &rooms[i].missed;

		if (m->lost == 0)
			continue;
		*lost += m->lost;
		end[gaps++] = (struct replay_event){ .room = &rooms[i], .gap = true,
			.e = { .seq = m->lost_to, .event = STR("gap"), .class = ROOM_STATE,
			    .payload = room_gap(co_arena(), rooms[i].name, m->lost, m->lost_from, m->lost_to) } };
	}
	return gaps;
}

struct replay_sum
replay_run(struct replay_room *rooms, size_t n, int64_t max_bytes, replay_on_event *on_event, void *arg)
{
	struct replay_event *all;
	struct replay_sum sum = { .lost = 0 };
	size_t i, events = 0, gaps;

	for (i = 0; i < n; i++)
		events += rooms[i].missed.n;
	all = arena_alloc(co_arena(), (events + n + 1) * sizeof(*all));
	events = collect_events(rooms, n, all);
	if (max_bytes > 0) {
		i = skip_excess(rooms, all, events, max_bytes);
		all += i;
		events -= i;
	}
	gaps = add_gaps(rooms, n, all + events, &sum.lost);
	if (gaps > 0)
		qsort(all, events + gaps, sizeof(*all), by_seq);
	for (i = 0; i < events + gaps; i++)
		on_event(arg, &all[i]);
	sum.events = events;
	return sum;
}

/* --- To a peer --- */

struct replay_out
replay_out(struct peer *p)
{
	return (struct replay_out){ p, chunk_new() };
}

void
replay_put(struct replay_out *out, const struct room_event *e, const struct offset *o)
{
	encode_event(&out->chunk->b, coding_of(out->peer), e, o);
	if (out->chunk->b.n < CHUNK_BYTES)
		return;
	replay_flush(out);
	out->chunk = chunk_new();
}

void
replay_flush(struct replay_out *out)
{
	if (out->chunk->b.n > 0)
		out->peer->deliver(out->peer, out->chunk);
	chunk_put(&out->chunk);
}

static bool
has_got(const struct replay_end *end, struct cursor *c, const struct room *room, const struct room_event *e)
{
	if (end->room != NULL && room != end->room)
		return false;
	return cursor_accept(c, e->seq) == CURSOR_DUPLICATE || (end->seen != NULL && end->seen(end->arg, e));
}

static void
put_losses(struct replay_out *out, const struct peer *p)
{
	const struct hold_loss *l;
	const struct member *m;
	size_t i;

	for (i = 0; p->hold != NULL && i < p->hold->n_losses; i++) {
		l = &p->hold->losses[i];
		for (m = p->rooms; m != NULL && m->room != l->room; m = m->next_of_peer)
			;
		if (m != NULL)
			replay_put(out, &(struct room_event){ .event = STR("gap"), .class = ROOM_STATE,
			    .payload = room_gap(co_arena(), m->room->name, l->n, l->from, l->to) }, &no_offset);
	}
}

void
replay_end(struct peer *p, const struct replay_end *end)
{
	struct cursor logged = { .dedup_seq = end->upto };
	struct replay_out out = replay_out(p);
	const struct room *room;
	struct room_event e;

	while (p->hold != NULL && hold_next(p->hold, &room, &e))
		if (!has_got(end, &logged, room, &e))
			replay_put(&out, &e, &(struct offset){ .seq = room_log_on() ? e.seq : 0 });
	put_losses(&out, p);
	replay_flush(&out);
	room_release(p);
}
