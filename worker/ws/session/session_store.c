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
#include "session_script.h"
#include "worker/domain/core/room_log.h"
#include "worker/ws/room/barrier.h"
#include "worker/ws/room/room_channel.h"
#include "worker/ws/wire/encode.h"

enum { RENEW_MS = 1200000, SESSION_MS = 3 * RENEW_MS, BEAT_MS = 5000, BEAT_SLACK_MS = 15000, TAG_BYTES = 6,
	AGAIN_SOCKETS = 500, AGAIN_PAUSE_MS = 20, SID_SHOWN = 8 };

static char process[160], slot[128];
static struct timeout_queue renewals;
static struct loop_timer beat;

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
		if (redis_eval(NULL, &session_forget, "0 %s %b", old.s.p, tasks.v[i].s.p, tasks.v[i].s.n) < 0)
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

/* Gather a step of the session's script. */
#define STEP(...) redis_send_step(&session_script, (const struct str[]){ __VA_ARGS__ }, \
	    sizeof((const struct str[]){ __VA_ARGS__ }) / sizeof(struct str))

static struct str
number(struct arena *mem, int64_t n)
{
	return str_of(arena_printf(mem, "%lld", (long long)n));
}

static void
store_connection(struct arena *mem, const struct sio *s, const char *task)
{
	STEP(STR("appear"), str_of(task), str_of(shown_as(s)), str_of(s->id), str_of(connection_of(mem, s)),
	    str_of(process), number(mem, conf.ws_presence_ttl));
}

static void
remove_connection(struct arena *mem, const struct sio *s, const char *task)
{
	STEP(STR("disappear"), str_of(task), str_of(shown_as(s)), str_of(s->id), str_of(connection_of(mem, s)));
}

static void
log_in(struct arena *mem, const struct sio *s)
{
	STEP(STR("log_in"), str_of(s->user), str_of(s->id), str_of(connection_of(mem, s)),
	    number(mem, conf.user_online_ttl));
}

static void
store_socket(struct sio *s, struct str how)
{
	struct arena mem;

	arena_init(&mem, 512);
	if (room_log_on())
		STEP(how, str_of(s->pid), number(&mem, SESSION_MS + conf.ws_recovery_ms), str_of(s->id),
		    number(&mem, s->peer.dialect), str_of(s->user != NULL ? s->user : ""), str_of(owner_of(&mem, s)));
	if (s->user != NULL)
		log_in(&mem, s);
	arena_fini(&mem);
	timeout_start(&renewals, &s->renewal);
}

void
session_store_new(struct sio *s)
{
	store_socket(s, STR("found"));
}

void
session_store_socket(struct sio *s)
{
	const struct member *m;

	store_socket(s, STR("store"));
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
		STEP(STR("enter"), str_of(s->pid), str_of(m->room->name), number(&mem, m->index));
	else if (room_log_on())
		STEP(STR("leave"), str_of(s->pid), str_of(m->room->name));
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
		STEP(STR("end"), str_of(s->pid), str_of(owner_of(&mem, s)),
		    number(&mem, for_good ? 0 : conf.ws_recovery_ms));
	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		if (task_of(m) != NULL)
			remove_connection(&mem, s, task_of(m));
	if (s->user != NULL)
		STEP(STR("log_out"), str_of(s->user), str_of(s->id), str_of(connection_of(&mem, s)));
	arena_fini(&mem);
}
