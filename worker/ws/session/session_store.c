/* session_store.c -- stores the sockets of this process in Redis. See session_store.h. */
#include "session_store.h"

#include <stdio.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/timeout_queue.h"
#include "worker/domain/core/room_log.h"
#include "worker/ws/room/barrier.h"
#include "worker/ws/room/room_channel.h"
#include "worker/ws/wire/encode.h"

enum { RENEW_MS = 1200000, SESSION_MS = 3 * RENEW_MS, BEAT_MS = 5000, BEAT_SLACK_MS = 15000, TAG_BYTES = 6,
	AGAIN_SOCKETS = 500, AGAIN_PAUSE_MS = 20, SID_SHOWN = 8 };

static char process[160], slot[128];
static struct timeout_queue renewals;
static struct loop_timer beat;

/* ARGV: session, ms to live, id, dialect, user, owner. `founding` stores a new socket; `storing` one that Redis
 * should know already, unless another process has claimed the session. */
static struct redis_script founding = { .text =
	"local key, seq = 'ws:session:' .. ARGV[1], redis.call('GET', 'room:seq') or '0'\n"
	"redis.call('HSET', key, 'id', ARGV[3], 'dialect', ARGV[4], 'user', ARGV[5], 'owner', ARGV[6], 'since', seq)\n"
	"redis.call('PEXPIRE', key, ARGV[2])\n"
};
static struct redis_script storing = { .text =
	"local key, seq = 'ws:session:' .. ARGV[1], redis.call('GET', 'room:seq') or '0'\n"
	"local owner = redis.call('HGET', key, 'owner')\n"
	"if owner and owner ~= ARGV[6] then return end\n"
	"redis.call('HSET', key, 'id', ARGV[3], 'dialect', ARGV[4], 'user', ARGV[5], 'owner', ARGV[6])\n"
	"redis.call('HSETNX', key, 'since', seq)\n"
	"redis.call('HDEL', key, 'ended')\n"
	"redis.call('PEXPIRE', key, ARGV[2])\n"
};
/* ARGV: session, room, index. A recovered room keeps the seq at which it was first entered. */
static struct redis_script entering = { .text =
	"local key = 'ws:session:' .. ARGV[1]\n"
	"if redis.call('EXISTS', key) == 1 then\n"
	"	redis.call('HSETNX', key, '+' .. ARGV[2], (redis.call('GET', 'room:seq') or '0') .. ':' .. ARGV[3])\n"
	"end\n"
};
/* Each user's sockets in a task: field user (of an anonymous socket: its id), value "socket connection" a line. The
 * last line's socket is the one shown. */
#define TASK_SOCKETS \
	"local shown, own = 'websocket_connections:', 'ws:task:'\n" \
	"local function put(task, who, lines)\n" \
	"	if #lines == 0 then\n" \
	"		redis.call('HDEL', own .. task, who)\n" \
	"		redis.call('HDEL', shown .. task, who)\n" \
	"		return\n" \
	"	end\n" \
	"	redis.call('HSET', own .. task, who, table.concat(lines, '\\n'))\n" \
	"	redis.call('HSET', shown .. task, who, (string.match(lines[#lines], '^%S+')))\n" \
	"end\n" \
	"local function keep(text, wanted)\n" \
	"	local lines = {}\n" \
	"	for id, at in string.gmatch(text or '', '(%S+) (%S+)') do\n" \
	"		if wanted(id, at) then lines[#lines + 1] = id .. ' ' .. at end\n" \
	"	end\n" \
	"	return lines\n" \
	"end\n"
/* ARGV: task, user, socket, its connection, process, s to live. */
static struct redis_script appearing = { .text = TASK_SOCKETS
	"local task, who, socket, mine = ARGV[1], ARGV[2], ARGV[3], 'ws:tasks:' .. ARGV[5]\n"
	"local lines = keep(redis.call('HGET', own .. task, who), function(id) return id ~= socket end)\n"
	"lines[#lines + 1] = socket .. ' ' .. ARGV[4]\n"
	"put(task, who, lines)\n"
	"redis.call('EXPIRE', own .. task, ARGV[6])\n"
	"redis.call('EXPIRE', shown .. task, ARGV[6])\n"
	"redis.call('SADD', mine, task)\n"
	"redis.call('EXPIRE', mine, ARGV[6])\n"
};
/* ARGV: task, user, socket, its connection. The socket may have returned over another connection, whose line stays. */
static struct redis_script disappearing = { .text = TASK_SOCKETS
	"put(ARGV[1], ARGV[2], keep(redis.call('HGET', own .. ARGV[1], ARGV[2]),\n"
	"	function(id, at) return id ~= ARGV[3] or at ~= ARGV[4] end))\n"
};
/* ARGV: process, then its tasks: removes the sockets of a process that died. */
static struct redis_script forgetting = { .text = TASK_SOCKETS
	"local dead = ARGV[1] .. '/'\n"
	"for i = 2, #ARGV do\n"
	"	local all = redis.call('HGETALL', own .. ARGV[i])\n"
	"	for k = 1, #all, 2 do\n"
	"		if string.find(all[k + 1], dead, 1, true) then\n"
	"			put(ARGV[i], all[k], keep(all[k + 1],\n"
	"				function(id, at) return string.sub(at, 1, #dead) ~= dead end))\n"
	"		end\n"
	"	end\n"
	"end\n"
	"redis.call('DEL', 'ws:tasks:' .. ARGV[1])\n"
};
/* ARGV: session, owner, ms to live on; 0: none. Does nothing when the session was recovered by another owner. */
static struct redis_script ending = { .text =
	"local key = 'ws:session:' .. ARGV[1]\n"
	"if redis.call('HGET', key, 'owner') ~= ARGV[2] then return end\n"
	"if ARGV[3] == '0' then redis.call('DEL', key) return end\n"
	"redis.call('HSET', key, 'ended', '1')\n"
	"redis.call('PEXPIRE', key, ARGV[3])\n"
};
/* ARGV: user, socket, connection, s to live. */
static struct redis_script logging_in = { .text =
	"local key = 'ws:user:' .. ARGV[1]\n"
	"redis.call('HSET', key, ARGV[2], ARGV[3])\n"
	"redis.call('EXPIRE', key, ARGV[4])\n"
	"redis.call('SET', 'websocket_connection:' .. ARGV[1], ARGV[2], 'EX', ARGV[4])\n"
	"redis.call('SET', 'user_online:' .. ARGV[1], 'true', 'EX', ARGV[4])\n"
};
/* ARGV: user, socket, connection. Sockets of processes that died do not count. */
static struct redis_script logging_out = { .text =
	"local key, left = 'ws:user:' .. ARGV[1], false\n"
	"if redis.call('HGET', key, ARGV[2]) == ARGV[3] then redis.call('HDEL', key, ARGV[2]) end\n"
	"local all = redis.call('HGETALL', key)\n"
	"for i = 1, #all, 2 do\n"
	"	local process = 'ws:process:' .. string.match(all[i + 1], '^[^/]*')\n"
	"	if redis.call('EXISTS', process) == 1 then left = all[i] else redis.call('HDEL', key, all[i]) end\n"
	"end\n"
	"if left then\n"
	"	redis.call('SET', 'websocket_connection:' .. ARGV[1], left, 'KEEPTTL')\n"
	"else\n"
	"	redis.call('DEL', key, 'websocket_connection:' .. ARGV[1], 'user_online:' .. ARGV[1])\n"
	"end\n"
};

const char *
session_store_process(void)
{
	return process;
}

static void
on_beat(struct loop_timer *t)
{
	(void)t;
	redis_send("SET ws:process:%s %lld PX %lld", process, (long long)now_ms(),
	    (long long)(conf.ws_recovery_ms + BEAT_MS + BEAT_SLACK_MS));
}

static void
on_renewal(struct timeout *e)
{
	session_store_socket(HOLDER(e, struct sio, renewal));
}

/* After Redis was away it may have lost everything: stores the sockets again, a few at a time. */
static void
renew_session(void *arg)
{
	int64_t before = mono_ms() + RENEW_MS;
	struct timeout *e;
	int n = 0;

	(void)arg;
	on_beat(NULL);
	while ((e = renewals.head.next) != &renewals.head && e->at_ms < before) {
		on_renewal(e);
		if (++n % AGAIN_SOCKETS == 0 && co_sleep(AGAIN_PAUSE_MS) < 0)
			return;
	}
}

/* Closes an Engine.IO session that was recovered elsewhere. If the message is lost, the session ends by its
 * heartbeat. */
static void
on_claim(struct room *r, struct str claim)
{
	const struct json *j;
	struct arena mem;
	const char *sid;
	struct eio *e;

	if (claim.n == 0 || strncmp(r->name, ROOM_PROCESS, strlen(ROOM_PROCESS)) != 0)
		return;
	arena_init(&mem, 256);
	if (json_parse(&mem, claim.p, claim.n, &j) == 0 && (sid = json_str(json_get(j, "sid"))) != NULL &&
	    (e = eio_find(sid)) != NULL)
		eio_close(e, CLOSE_NORMAL);
	arena_fini(&mem);
}

static void
on_process_channel(void *arg, const char *p, size_t n)
{
	(void)arg;
	(void)n;
	if (p == NULL)
		co_spawn(renew_session, NULL, 0);
}

/* The only member of this process's room. */
static void
ignore_chunk(struct peer *p, struct chunk *c)
{
	(void)p;
	(void)c;
}

static struct peer self = { .deliver = ignore_chunk, .dialect = DIALECT_PLAIN };

/* A predecessor in this slot may have been killed: removes the sockets that it stored for its tasks. */
static void
forget_predecessor(void *arg)
{
	struct redis_reply old, tasks;
	size_t i;

	(void)arg;
	(void)redis_cmd(NULL, "PING");
	on_beat(NULL);		/* now that the link is up */
	if (redis_cmd(&old, "GETSET ws:slot:%s %s", slot, process) < 0 || old.type != REDIS_STR ||
	    redis_cmd(&tasks, "SMEMBERS ws:tasks:%s", old.s.p) < 0 || tasks.type != REDIS_ARRAY)
		return;
	for (i = 0; i < tasks.n; i++)
		if (redis_eval(NULL, &forgetting, "0 %s %b", old.s.p, tasks.v[i].s.p, tasks.v[i].s.n) < 0)
			return;
}

void
session_store_start(int index)
{
	unsigned char random[TAG_BYTES];
	char host[65] = "", tag[TAG_BYTES / 3 * 4 + 1];

	gethostname(host, sizeof(host) - 1);
	random_bytes(random, sizeof(random));
	base64_url(tag, random, sizeof(random));
	snprintf(slot, sizeof(slot), "%s:%d:%d", host, (int)conf.port, index);
	snprintf(process, sizeof(process), "%s:%s", slot, tag);
	timeout_queue_init(&renewals, RENEW_MS, on_renewal);
	loop_timer_init(&beat, on_beat, NULL);
	loop_timer_start(&beat, BEAT_MS, BEAT_MS);
	room_channel_obey(SESSION_CLAIM_EVENT, on_claim);
	barrier_start(process);
}

void
session_store_succeed(const char *predecessor)
{
	char channel[sizeof(process) + 16];

	if (predecessor != NULL) {
		snprintf(process, sizeof(process), "%s", predecessor);
		redis_send("SET ws:slot:%s %s", slot, process);
		on_beat(NULL);
	} else {
		co_spawn(forget_predecessor, NULL, 0);
	}
	snprintf(channel, sizeof(channel), "ws:process:%s", process);
	redis_subscribe(channel, on_process_channel, NULL, NULL);
	(void)room_enter(&self, arena_printf(co_arena(), ROOM_PROCESS "%s", process), ROOM_ENTERED);
}

void
session_store_restore(struct sio *s, int64_t at_ms)
{
	timeout_start_at(&renewals, &s->renewal, at_ms);
}

static const char *
owner_of(struct arena *mem, const struct sio *s)
{
	return session_store_owner(mem, s->session->eio);
}

const char *
session_store_owner(struct arena *mem, const struct eio *e)
{
	return arena_printf(mem, "%s/%s", process, e->sid);
}

/* The entry that others can see: most of the session id stays secret. */
static const char *
connection_of(struct arena *mem, const struct sio *s)
{
	return arena_printf(mem, "%s/%.*s", process, SID_SHOWN, s->session->eio->sid);
}

/* The task of this room, or NULL. */
static const char *
task_of(const struct member *m)
{
	static const char prefix[] = "analysis:";

	return strncmp(m->room->name, prefix, sizeof(prefix) - 1) == 0 ? m->room->name + sizeof(prefix) - 1 : NULL;
}

/* The field under which a task shows the socket. */
static const char *
shown_as(const struct sio *s)
{
	return s->user != NULL ? s->user : s->id;
}

static void
store_connection(struct arena *mem, const struct sio *s, const char *task)
{
	redis_send_eval(&appearing, "0 %s %s %s %s %s %lld", task, shown_as(s), s->id, connection_of(mem, s), process,
	    (long long)conf.ws_presence_ttl);
}

static void
remove_connection(struct arena *mem, const struct sio *s, const char *task)
{
	redis_send_eval(&disappearing, "0 %s %s %s %s", task, shown_as(s), s->id, connection_of(mem, s));
}

static void
log_in(struct arena *mem, const struct sio *s)
{
	redis_send_eval(&logging_in, "0 %s %s %s %lld", s->user, s->id, connection_of(mem, s),
	    (long long)conf.user_online_ttl);
}

static void
store_socket(struct sio *s, struct redis_script *how)
{
	struct arena mem;

	arena_init(&mem, 512);
	if (room_log_on())
		redis_send_eval(how, "0 %s %lld %s %d %s %s", s->pid, (long long)(SESSION_MS + conf.ws_recovery_ms),
		    s->id, (int)s->peer.dialect, s->user != NULL ? s->user : "", owner_of(&mem, s));
	if (s->user != NULL)
		log_in(&mem, s);
	arena_fini(&mem);
	timeout_start(&renewals, &s->renewal);
}

void
session_store_new(struct sio *s)
{
	store_socket(s, &founding);
}

void
session_store_socket(struct sio *s)
{
	const struct member *m;

	store_socket(s, &storing);
	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		if (!m->room->common)
			session_store_room(s, m, true);
}

void
session_store_room(struct sio *s, const struct member *m, bool in)
{
	const char *task = task_of(m);
	struct arena mem;

	if (s->session->eio == NULL)
		return;
	arena_init(&mem, 512);
	if (room_log_on() && in)
		redis_send_eval(&entering, "0 %s %s %u", s->pid, m->room->name, m->index);
	else if (room_log_on())
		redis_send("HDEL ws:session:%s +%s", s->pid, m->room->name);
	if (task != NULL && in)
		store_connection(&mem, s, task);
	else if (task != NULL)
		remove_connection(&mem, s, task);
	arena_fini(&mem);
}

void
session_store_end(struct sio *s, bool for_good)
{
	const struct member *m;
	struct arena mem;

	if (!timeout_waits(&s->renewal))
		return;		/* it never connected, or has ended already */
	timeout_stop(&s->renewal);
	arena_init(&mem, 512);
	if (room_log_on())
		redis_send_eval(&ending, "0 %s %s %lld", s->pid, owner_of(&mem, s), for_good
		    ? 0 : (long long)conf.ws_recovery_ms);
	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		if (task_of(m) != NULL)
			remove_connection(&mem, s, task_of(m));
	if (s->user != NULL)
		redis_send_eval(&logging_out, "0 %s %s %s", s->user, s->id, connection_of(&mem, s));
	arena_fini(&mem);
}
