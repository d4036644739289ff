/* recover.c -- connection state recovery. See recover.h. Yields: all. */
#include "recover.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "encode.h"
#include "link/redis.h"
#include "mark.h"
#include "remember.h"
#include "run/co.h"
#include "state.h"
#include "worker/domain/core/room_log.h"

enum { CHUNK_BYTES = 65536, FRAME_COST = 128, CHANNEL_TRIES = 4 };

/* Cells of M_WS_RECOVERIES. */
enum result { RECOVERED, MALFORMED, UNKNOWN, LATE, FAILED };

/* One room of the session. */
struct reentry {
	const char		*name;
	int64_t			 entered;	/* seq of the last event before it entered */
	uint32_t		 index;		/* 0: everybody's room */
	struct room_missed	 missed;
};
struct recovery {
	struct buf	 held;
	struct reentry	*rooms;
	size_t		 n;
	struct offset	 got;
	bool		 got_any;
	int64_t		 upto;		/* what has a later seq comes over the channels */
};

/* An event to be sent again. */
struct again {
	struct room_event	 e;
	struct reentry		*room;
};

/* ARGV: session, dialect, user, new owner. The session's fields as they were; none when it is not there, not for this one, or of
 * a process that has been dead for longer than WS_RECOVERY_MS. */
static struct redis_script claiming = { .text =
	"local key = 'ws:session:' .. ARGV[1]\n"
	"local was = redis.call('HMGET', key, 'dialect', 'user', 'owner', 'ended')\n"
	"if was[1] ~= ARGV[2] or was[2] ~= ARGV[3] then return {} end\n"
	"if not was[4] and redis.call('EXISTS', 'ws:process:' .. string.match(was[3], '^[^/]*')) == 0 then return {} end\n"
	"local all = redis.call('HGETALL', key)\n"
	"redis.call('HSET', key, 'owner', ARGV[4])\n"
	"return all\n"
};

static int64_t
seq_of(const char *text)
{
	return strtoll(text, NULL, 10);
}

/* --- Taking over --- */

/* Whoever had the connection closes it, if it has not noticed yet that the client is gone. */
static void
tell_owner(struct arena *mem, const char *owner)
{
	const char *slash = strchr(owner, '/');

	if (slash != NULL)
		redis_send("PUBLISH ws:process:%s %s", arena_copy(mem, owner, (size_t)(slash - owner)), slash + 1);
}

static void
take_room(struct recovery *r, const char *name, const char *when)
{
	const char *colon = strchr(when, ':');

	r->rooms[r->n++] = (struct reentry){ .name = name, .entered = seq_of(when),
	    .index = colon != NULL ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0 };
}

/* Read the fields of the session; false when it is none. */
static bool
take_session(struct recovery *r, const struct redis_reply *fields, struct sio *s, const char *pid)
{
	const char *id = NULL, *owner = NULL;
	size_t i;

	r->rooms = arena_alloc(co_arena(), (fields->n / 2 + 1) * sizeof(*r->rooms));
	for (i = 0; i + 1 < fields->n; i += 2) {
		const char *name = fields->v[i].s.p, *value = fields->v[i + 1].s.p;

		if (strcmp(name, "id") == 0)
			id = value;
		else if (strcmp(name, "owner") == 0)
			owner = value;
		else if (strcmp(name, "since") == 0 && s->peer.dialect == DIALECT_ROOT)
			take_room(r, ROOM_ALL, value);
		else if (*name == '+')
			take_room(r, name + 1, value);
	}
	if (id == NULL || owner == NULL || strlen(id) >= sizeof(s->id) || strlen(pid) >= sizeof(s->pid))
		return false;
	tell_owner(co_arena(), owner);
	memcpy(s->id, id, strlen(id) + 1);
	memcpy(s->pid, pid, strlen(pid) + 1);
	return true;
}

static int
by_index(const void *a, const void *b)
{
	const struct reentry *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

/* Wait until the room's channel delivers: here, unlike for who enters a room, nothing may be missed before it does. */
static int
await_channel(struct peer *p, const char *room)
{
	const struct member *m;
	int tries, rc;

	for (tries = CHANNEL_TRIES; tries > 0; tries--) {
		if ((rc = room_join(p, room)) < 0)
			return rc;
		if ((m = room_member(p, room)) != NULL && m->room->ready && !m->room->behind)
			return 0;
	}
	return E_TIMEOUT;
}

/* Be in every room and hear its channel. */
static int
enter_rooms(struct sio *s, struct recovery *r)
{
	struct member *m;
	size_t i;
	int rc = 0;

	qsort(r->rooms, r->n, sizeof(*r->rooms), by_index);
	for (i = 0; i < r->n; i++) {
		if ((m = room_enter(&s->peer, r->rooms[i].name)) == NULL)
			return s->peer.gone ? E_CANCELED : E_RATE;
		m->index = r->rooms[i].index;
		if (s->peer.joined < m->index)
			s->peer.joined = m->index;
	}
	for (i = 0; i < r->n && rc == 0; i++)
		rc = await_channel(&s->peer, r->rooms[i].name);
	return rc;
}

static void
leave_rooms(struct sio *s, struct recovery *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		room_leave(&s->peer, r->rooms[i].name);
}

static int
read_logs(struct recovery *r)
{
	struct room_since *since = arena_alloc(co_arena(), (r->n + 1) * sizeof(*since));
	struct room_missed *missed = arena_alloc(co_arena(), (r->n + 1) * sizeof(*missed));
	struct mark *mark = arena_alloc(co_arena(), sizeof(*mark));
	int64_t seq = r->got.seq - r->got.half;
	size_t i;
	int rc, late;

	for (i = 0; i < r->n; i++)
		since[i] = (struct room_since){ r->rooms[i].name, seq > r->rooms[i].entered ? seq : r->rooms[i].entered };
	r->upto = seq;
	if (r->n == 0)
		return 0;
	mark_new(mark);
	rc = room_log_since(co_arena(), since, r->n, (struct room_mark){ mark_channel(), mark->text }, missed, &r->upto);
	late = mark_wait(mark, rc < 0 ? 0 : MARK_MS);		/* else what was read might come once more */
	if (rc < 0 || late < 0)
		return rc < 0 ? rc : late;
	for (i = 0; i < r->n; i++)
		r->rooms[i].missed = missed[i];
	return 0;
}

static int
claim(struct sio *s, const char *pid, struct recovery *r)
{
	struct redis_reply fields;
	int rc;

	if ((rc = redis_eval(&fields, &claiming, "0 %s %d %s %s", pid, (int)s->peer.dialect, s->user != NULL ? s->user : "",
	    remember_owner(co_arena(), s->session->eio))) < 0)
		return rc;
	if (s->peer.gone)
		return E_CANCELED;
	return fields.type == REDIS_ARRAY && fields.n > 0 && take_session(r, &fields, s, pid) ? 0 : E_NOT_FOUND;
}

static void
count(enum result what)
{
	metric_add(M_WS_RECOVERIES, what, 1);
}

static void
free_held(void *p)
{
	buf_fini(&((struct recovery *)p)->held);
}

struct recovery *
recover_begin(struct sio *s, const struct json *auth)
{
	const char *pid = json_str(json_get(auth, "pid")), *offset = json_str(json_get(auth, "offset"));
	char id[SIO_ID_BYTES], fresh[SIO_ID_BYTES];
	struct recovery *r;
	int rc;

	if (pid == NULL || !room_log_on())
		return NULL;
	r = arena_zalloc(co_arena(), sizeof(*r));
	if (offset != NULL && !offset_parse(offset, &r->got)) {
		count(MALFORMED);
		return NULL;
	}
	r->got_any = offset != NULL;
	co_defer(free_held, r);
	memcpy(id, s->id, sizeof(id));
	memcpy(fresh, s->pid, sizeof(fresh));
	room_hold(&s->peer, &r->held);
	if ((rc = claim(s, pid, r)) == 0 && (rc = enter_rooms(s, r)) == 0 && (rc = read_logs(r)) == 0) {
		count(RECOVERED);
		return r;
	}
	count(rc == E_NOT_FOUND ? UNKNOWN : rc == E_TIMEOUT ? LATE : FAILED);
	room_release(&s->peer);
	if (s->peer.gone)
		return NULL;
	leave_rooms(s, r);
	memcpy(s->id, id, sizeof(id));
	memcpy(s->pid, fresh, sizeof(fresh));
	if (rc != E_NOT_FOUND)
		log_warn("cannot recover a connection", JS("error", err_row(rc)->code));
	return NULL;
}

/* --- Sending what was missed --- */

static int
by_seq(const void *a, const void *b)
{
	const struct again *x = a, *y = b;

	return x->e.seq < y->e.seq ? -1 : x->e.seq > y->e.seq;
}

/* The events of all rooms in order. */
static struct again *
merge(struct recovery *r, size_t *n)
{
	struct again *all;
	size_t i, k;

	for (*n = 0, i = 0; i < r->n; i++)
		*n += r->rooms[i].missed.n;
	all = arena_alloc(co_arena(), (*n + 1) * sizeof(*all));
	for (*n = 0, i = 0; i < r->n; i++)
		for (k = 0; k < r->rooms[i].missed.n; k++) {
			struct str wire = r->rooms[i].missed.v[k];

			all[*n].room = &r->rooms[i];
			*n += room_parse(wire.p, wire.n, &all[*n].e);
		}
	qsort(all, *n, sizeof(*all), by_seq);
	return all;
}

/* More than a socket's queue holds would only be thrown away with the socket: the oldest become a gap. How many. */
static size_t
skip_excess(struct again *all, size_t n)
{
	int64_t room = conf.ws_queue_bytes / 2;
	size_t i = n, k;

	while (i > 0 && (room -= 2 * (int64_t)all[i - 1].e.payload.n + FRAME_COST) > 0)
		i--;
	for (k = 0; k < i; k++) {
		struct room_missed *m = &all[k].room->missed;

		m->lost_from = m->lost == 0 ? all[k].e.seq : m->lost_from;
		m->lost_to = all[k].e.seq;
		m->lost++;
		m->n--;
	}
	return i;
}

static void
deliver(struct peer *p, struct chunk **c)
{
	if ((*c)->b.n > 0)
		p->deliver(p, *c);
	chunk_put(c);
}

/* One event into the chunk, which is sent when it is large enough. */
static void
put_event(struct peer *p, struct chunk **c, const struct room_event *e, const struct offset *o)
{
	encode_event(&(*c)->b, coding_of(p), e, o);
	metric_add(M_WS_DELIVERIES, 0, 1);
	if ((*c)->b.n < CHUNK_BYTES)
		return;
	deliver(p, c);
	*c = chunk_new();
}

static void
put_gaps(struct sio *s, const struct recovery *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct room_missed *m = &r->rooms[i].missed;

		if (m->lost > 0)
			sio_emit(s, "gap", room_gap(co_arena(), r->rooms[i].name, m->lost, m->lost_from, m->lost_to));
	}
}

static void
put_missed(struct sio *s, const struct recovery *r, const struct again *all, size_t n)
{
	struct chunk *c = chunk_new();
	size_t i;

	for (i = 0; i < n; i++) {
		struct room_event e = all[i].e;

		if (r->got.half && e.seq == r->got.seq) {	/* its first name was the last thing that arrived */
			if (e.alias.p == NULL)
				continue;
			e.event = e.alias;
			e.alias = (struct str){ 0 };
		}
		put_event(&s->peer, &c, &e, &(struct offset){ .seq = e.seq });
	}
	deliver(&s->peer, &c);
}

/* What came over the channels meanwhile, but for what the log of the room (NULL: of all rooms) had; then directly. */
static void
let_go(struct peer *p, struct buf *held, const struct room *logged, int64_t upto)
{
	struct chunk *c = chunk_new();
	const struct room *room;
	struct room_event e;

	while (room_next_held(held, &room, &e))
		if (e.seq == 0 || e.seq > upto || (logged != NULL && room != logged))
			put_event(p, &c, &e, &(struct offset){ .seq = room_log_on() ? e.seq : 0 });
	deliver(p, &c);
	room_release(p);
}

/* The state that a late subscriber gets may have been on its way when the connection was cut, and no event has replaced it. */
static bool
lacks_state(const struct recovery *r, const struct reentry *room)
{
	return room->index > 0 && room->missed.n == 0 &&
	    (!r->got_any || (room->index > r->got.index && room->entered >= r->got.seq));
}

void
recover_finish(struct sio *s, struct recovery *r)
{
	struct again *all;
	size_t i, n, skip;

	all = merge(r, &n);
	skip = skip_excess(all, n);
	put_gaps(s, r);
	put_missed(s, r, all + skip, n - skip);
	s->peer.floor = r->upto;
	let_go(&s->peer, &r->held, NULL, r->upto);
	for (i = 0; i < r->n && !s->peer.gone; i++)
		if (lacks_state(r, &r->rooms[i]))
			(void)state_tell(&s->peer, r->rooms[i].name);
}

/* --- History --- */

int
recover_history(struct peer *p, const char *name, int64_t n)
{
	struct recovery *r = arena_zalloc(co_arena(), sizeof(*r));
	struct room_missed last = { .n = 0 };
	struct mark *mark = arena_alloc(co_arena(), sizeof(*mark));
	struct member *m = room_member(p, name);
	struct room *room = m != NULL ? m->room : NULL;
	struct room_event e;
	struct chunk *c;
	size_t i;
	int rc;

	if (room == NULL)
		return 0;
	room_ref(room);
	co_defer(free_held, r);
	room_hold(p, &r->held);
	mark_new(mark);
	rc = room_log_last(co_arena(), name, n, (struct room_mark){ mark_channel(), mark->text }, &last, &r->upto);
	(void)mark_wait(mark, rc < 0 ? 0 : MARK_MS);
	c = chunk_new();
	for (i = 0; room_member(p, name) != NULL && i < last.n; i++)
		if (room_parse(last.v[i].p, last.v[i].n, &e))
			put_event(p, &c, &e, &no_offset);
	deliver(p, &c);
	let_go(p, &r->held, room, rc == 0 ? r->upto : 0);
	room_put(room);
	return rc;
}
