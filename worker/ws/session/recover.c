/* recover.c -- connection state recovery. See recover.h. Yields: all. */
#include "recover.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/redis.h"
#include "run/co.h"
#include "session_store.h"
#include "worker/domain/core/room_log.h"
#include "worker/ws/room/kept_state.h"
#include "worker/ws/room/replay.h"

enum { CHANNEL_TRIES = 4 };

/* Cells of M_WS_RECOVERIES. */
enum result { RECOVERED, MALFORMED, UNKNOWN, LATE, FAILED };

/* A room of the session. */
struct reentry {
	const char		*name;
	int64_t			 entered;	/* seq of the last event before the client entered the room */
	uint32_t		 index;		/* 0: the broadcast room */
};
struct recovery {
	struct reentry	*rooms;
	struct replay_room *logs;	/* of each room */
	size_t		 n;
	struct offset	 got;
	bool		 got_any;
	int64_t		 upto;		/* events of a later seq arrive over the channels */
};

/* ARGV: session, dialect, user, new owner. Returns the session's fields before the call; none when the session is
 * unknown, of another user or dialect, or of a process that has been dead for longer than WS_RECOVERY_MS. */
static struct redis_script claiming = { .text =
	"local key = 'ws:session:' .. ARGV[1]\n"
	"local was = redis.call('HMGET', key, 'dialect', 'user', 'owner', 'ended')\n"
	"if was[1] ~= ARGV[2] or was[2] ~= ARGV[3] then return {} end\n"
	"local process = 'ws:process:' .. string.match(was[3], '^[^/]*')\n"
	"if not was[4] and redis.call('EXISTS', process) == 0 then return {} end\n"
	"local all = redis.call('HGETALL', key)\n"
	"redis.call('HSET', key, 'owner', ARGV[4])\n"
	"return all\n"
};

static int64_t
seq_of(const char *text)
{
	return strtoll(text, NULL, 10);
}

/* --- Claiming the session --- */

/* The previous owner closes the connection, unless it has noticed already that the client has left. */
static void
publish_claim(struct arena *mem, const char *owner)
{
	const char *slash = strchr(owner, '/');

	if (slash != NULL)
		room_publish(arena_printf(mem, ROOM_PROCESS "%.*s", (int)(slash - owner), owner), ROOM_STATE,
		    SESSION_CLAIM_EVENT, NULL, json_obj(mem, JS("sid", slash + 1)), false);
}

static void
take_room(struct recovery *r, const char *name, const char *when)
{
	const char *colon = strchr(when, ':');

	r->rooms[r->n++] = (struct reentry){ .name = name, .entered = seq_of(when),
	    .index = colon != NULL ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0 };
}

/* Reads the fields of the session; false when they are malformed. */
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
	publish_claim(co_arena(), owner);
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

/* Waits until the room's channel delivers: unlike on joining, no event before that may be missed. */
static int
await_channel(struct peer *p, const char *room)
{
	const struct member *m;
	int tries, rc;

	for (tries = CHANNEL_TRIES; tries > 0; tries--) {
		if ((rc = room_join(p, room)) < 0)
			return rc;
		if ((m = room_member(p, room)) != NULL && m->room->state == ROOM_READY &&
		    cursor_is_live(&m->room->cursor))
			return 0;
	}
	return E_TIMEOUT;
}

/* Enters every room and subscribes to its channel. */
static int
enter_rooms(struct sio *s, struct recovery *r)
{
	struct member *m;
	size_t i;
	int rc = 0;

	qsort(r->rooms, r->n, sizeof(*r->rooms), by_index);
	for (i = 0; i < r->n; i++) {
		if ((m = room_enter(&s->peer, r->rooms[i].name, ROOM_ENTERED)) == NULL)
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
	int64_t seq = r->got.seq - r->got.half;
	size_t i;
	int rc;

	r->logs = arena_alloc(co_arena(), (r->n + 1) * sizeof(*r->logs));
	for (i = 0; i < r->n; i++)
		r->logs[i] = (struct replay_room){ .name = r->rooms[i].name, .since = seq > r->rooms[i].entered
		    ? seq : r->rooms[i].entered };
	r->upto = seq;
	if (r->n == 0)
		return 0;
	if ((rc = replay_read(r->logs, r->n)) == 0)
		r->upto = r->logs[0].upto;
	return rc;
}

static int
claim_session(struct sio *s, const char *pid, struct recovery *r)
{
	struct redis_reply fields;
	int rc;

	if ((rc = redis_eval(&fields, &claiming, "0 %s %d %s %s", pid, (int)s->peer.dialect, s->user != NULL
	    ? s->user : "", session_store_owner(co_arena(), s->session->eio))) < 0)
		return rc;
	if (s->peer.gone)
		return E_CANCELED;
	return fields.type == REDIS_ARRAY && fields.n > 0 && take_session(r, &fields, s, pid) ? 0 : E_NOT_FOUND;
}

static void
count_result(enum result what)
{
	metric_add(M_WS_RECOVERIES, what, 1);
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
		count_result(MALFORMED);
		return NULL;
	}
	r->got_any = offset != NULL;
	memcpy(id, s->id, sizeof(id));
	memcpy(fresh, s->pid, sizeof(fresh));
	room_hold(&s->peer, CURSOR_REPLAYING);
	if ((rc = claim_session(s, pid, r)) == 0 && (rc = enter_rooms(s, r)) == 0 && (rc = read_logs(r)) == 0) {
		count_result(RECOVERED);
		return r;
	}
	count_result(rc == E_NOT_FOUND ? UNKNOWN : rc == E_TIMEOUT ? LATE : FAILED);
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

/* --- Sending the missed events --- */

struct resending {
	const struct recovery	*r;
	struct replay_out	 out;
};

static void
resend_event(void *arg, const struct replay_event *ev)
{
	struct resending *to = arg;
	const struct offset *got = &to->r->got;
	struct room_event e = ev->e;

	if (room_is_control(&e))
		return;
	if (got->half && e.seq == got->seq && !ev->gap) {	/* received under its first name only */
		if (e.alias.p == NULL)
			return;
		e.event = e.alias;
		e.alias = (struct str){ 0 };
	}
	replay_put(&to->out, &e, ev->gap ? &no_offset : &(struct offset){ .seq = e.seq });
}

/* A late joiner's state may have been lost with the connection when no event has replaced it. */
static bool
lacks_state(const struct recovery *r, size_t i)
{
	const struct reentry *room = &r->rooms[i];

	return room->index > 0 && r->logs[i].missed.n == 0 &&
	    (!r->got_any || (room->index > r->got.index && room->entered >= r->got.seq));
}

void
recover_finish(struct sio *s, struct recovery *r)
{
	struct resending to = { .r = r, .out = replay_out(&s->peer) };
	struct replay_sum sum;
	size_t i;

	/* More than a socket's queue holds would close the socket. */
	sum = replay_run(r->logs, r->n, conf.ws_queue_bytes / 2, resend_event, &to);
	replay_flush(&to.out);
	metric_add(M_WS_DELIVERIES, 0, (int64_t)sum.events);
	cursor_replayed(&s->peer.cursor, r->upto);
	replay_end(&s->peer, &(struct replay_end){ .upto = r->upto });
	for (i = 0; i < r->n && !s->peer.gone; i++)
		if (lacks_state(r, i))
			(void)kept_state_send(&s->peer, r->rooms[i].name);
}

/* --- History --- */

static void
put_history(void *arg, const struct replay_event *ev)
{
	if (!room_is_control(&ev->e))
		replay_put(arg, &ev->e, &no_offset);
}

int
recover_history(struct peer *p, const char *name, int64_t n)
{
	struct replay_room log = { .name = name };
	struct member *m = room_member(p, name);
	struct room *room = m != NULL ? m->room : NULL;
	struct replay_out out;
	int rc;

	if (room == NULL)
		return 0;
	room_ref(room);
	room_hold(p, CURSOR_REPLAYING);
	if ((rc = replay_read_last(&log, n)) == 0 && room_member(p, name) != NULL) {
		out = replay_out(p);
		metric_add(M_WS_DELIVERIES, 0, (int64_t)replay_run(&log, 1, 0, put_history, &out).events);
		replay_flush(&out);
	}
	replay_end(p, &(struct replay_end){ .room = room, .upto = rc == 0 ? log.upto : 0 });
	room_put(room);
	return rc;
}
