/* chat_members.c -- the members of the chats of this process. See chat_members.h. */
#include "chat_members.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "run/co.h"
#include "worker/domain/core/caller.h"
#include "worker/domain/live/chat.h"
#include "worker/ws/room/room_channel.h"
#include "worker/ws/wire/encode.h"

enum {
	TELL_MS		= 5000,
	ROOM_NAME_BYTES	= 1100,		/* of the longest id, in UTF-8 */
	LOOK_AT		= 1000,		/* so many people a query */
	LOOK_PAUSE_MS	= 1000,
	MOVE_BYTES	= 256,
};

static bool stopping;
static struct loop_timer look_timer;	/* until bans are checked */
static struct co_group moves;

/* --- Joining and leaving --- */

/* In an arena of its own. */
struct move {
	struct arena	 mem;
	struct caller	 who;
	const char	*key;
	bool		 in, check;
};

static const struct sio *
sio_of(const struct peer *p)
{
	return HOLDER(p, const struct sio, peer);
}

static struct room *
find_chat(const char *key)
{
	char name[ROOM_NAME_BYTES];

	snprintf(name, sizeof(name), CHAT_MEMBERS_ROOM "%s", key);
	return room_find(name);
}

/* Whether the room is too large for announcements, or another socket of this person is in it. */
static bool
is_silent(const struct sio *s, const char *key)
{
	const struct room *r = find_chat(key);
	const struct member *m;

	if (r == NULL || r->n_members > conf.chat_announce_max)
		return true;
	for (m = r->members; m != NULL; m = m->next)
		if (m->peer != &s->peer && sio_of(m->peer)->user != NULL && strcmp(sio_of(m->peer)->user, s->user) == 0)
			return true;
	return false;
}

/* Emit an event to every socket of this person in the chat; `leave`: make it leave. */
static void
publish_person(const char *key, const char *user, const char *event, struct str payload, bool leave)
{
	struct room *r = find_chat(key);
	struct member *m, *next;

	if (r == NULL)
		return;
	room_ref(r);
	for (m = r->members; m != NULL; m = next) {
		struct sio *s = HOLDER(m->peer, struct sio, peer);

		next = m->next;
		if (s->user == NULL || strcmp(s->user, user) != 0)
			continue;
		sio_emit(s, event, payload);
		if (leave)
			room_leave(&s->peer, r->name);
	}
	room_put(r);
}

/* The person is banned, but this process has missed the event. */
static void
expel_person(const char *key, const char *user)
{
	publish_person(key, user, "chat:banned", json_obj(co_arena(), JS("streamKey", key), JS("userId", user),
	    JS("kind", "ban")), true);
}

/* Whether a person whose rooms were recovered is not banned meanwhile. */
static bool
is_welcome(const struct move *v)
{
	struct chat_access a;

	if (!v->check || chat_access(v->key, &v->who, &a) != E_BANNED)
		return true;
	expel_person(v->key, v->who.user);
	return false;
}

static void
publish_move(void *arg)
{
	struct move *v = arg;
	const char *name;

	if (is_welcome(v) && chat_name(v->who.user, &name) == 0)
		room_publish(chat_room(co_arena(), v->key), ROOM_CARD, v->in
		    ? "chat:user-joined" : "chat:user-left", NULL,
		    json_obj(co_arena(), JS("streamKey", v->key), JS("userId", v->who.user), JS("userName", name)),
		    false);
	arena_fini(&v->mem);
	free(v);
}

static void
spawn_move(struct sio *s, const char *key, bool in, bool admitted)
{
	struct move *v;

	if (s->user == NULL || stopping || (is_silent(s, key) && (!in || admitted)))
		return;
	if ((v = calloc(1, sizeof(*v))) == NULL)
		abort();
	arena_init(&v->mem, MOVE_BYTES);
	v->who = sio_caller(s, &v->mem);
	v->key = arena_strdup(&v->mem, key);
	v->in = in;
	v->check = in && !admitted;
	co_group_spawn(&moves, publish_move, v, TELL_MS);
}

void
chat_members_entered(struct sio *s, const char *key, bool admitted)
{
	spawn_move(s, key, true, admitted);
}

void
chat_members_left(struct sio *s, const char *key)
{
	spawn_move(s, key, false, false);
}

/* --- Muted and banned --- */

static const struct {
	const char	*kind, *event;
	bool		 leave;
} kinds[] = {
	{ "ban", "chat:banned", true },
	{ "mute", "chat:muted", false },
	{ "unmute", "chat:unmuted", false },
};

/* The members of a chat in this process. */
static struct chat_person *
list_members(struct arena *mem, size_t *n)
{
	const struct room *r = NULL;
	struct chat_person *all;
	const struct member *m;
	size_t slot, most = 0;

	while ((r = room_each(&slot, r)) != NULL)
		most += strncmp(r->name, CHAT_MEMBERS_ROOM, strlen(CHAT_MEMBERS_ROOM)) == 0 ? r->n_members : 0;
	all = arena_alloc(mem, (most + 1) * sizeof(*all));
	*n = 0;
	while ((r = room_each(&slot, r)) != NULL) {
		if (strncmp(r->name, CHAT_MEMBERS_ROOM, strlen(CHAT_MEMBERS_ROOM)) != 0)
			continue;
		for (m = r->members; m != NULL; m = m->next)
			if (sio_of(m->peer)->user != NULL)
				all[(*n)++] = (struct chat_person){ arena_strdup(mem,
				    r->name + strlen(CHAT_MEMBERS_ROOM)), arena_strdup(mem, sio_of(m->peer)->user) };
	}
	return all;
}

static int
expel_banned(struct arena *mem, struct chat_person *some, size_t n)
{
	size_t i;
	int rc;

	if ((rc = chat_banned(mem, some, &n)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		expel_person(some[i].key, some[i].user);
	return 0;
}

static void
check_bans(void *arg)
{
	struct chat_person *all;
	size_t i, n, part;
	int rc = 0;

	(void)arg;
	all = list_members(co_arena(), &n);
	for (i = 0; i < n && rc == 0; i += part) {
		part = n - i < LOOK_AT ? n - i : LOOK_AT;
		rc = expel_banned(co_arena(), all + i, part);
	}
	if (rc == 0 || stopping)
		return;
	log_warn("cannot look who is banned", JS("error", err_row(rc)->code));
	loop_timer_start(&look_timer, LOOK_PAUSE_MS, 0);
}

static void
on_check_bans(struct loop_timer *t)
{
	(void)t;
	co_spawn(check_bans, NULL, 0);
}

/* Control events may have been missed: check which members are banned. */
static void
check_bans_later(void)
{
	if (!stopping)
		loop_timer_start(&look_timer, 0, 0);
}

static void
on_person(struct room *r, struct str doc)
{
	const struct json *j;
	const char *key, *user, *kind;
	struct arena mem;
	size_t i;

	if (doc.n == 0) {
		if (strncmp(r->name, CHAT_MEMBERS_ROOM, strlen(CHAT_MEMBERS_ROOM)) == 0)
			check_bans_later();
		return;
	}
	arena_init(&mem, 1024);
	if (json_parse(&mem, doc.p, doc.n, &j) == 0 && (key = json_str(json_get(j, "streamKey"))) != NULL &&
	    (user = json_str(json_get(j, "userId"))) != NULL && (kind = json_str(json_get(j, "kind"))) != NULL)
		for (i = 0; i < NELEM(kinds); i++)
			if (strcmp(kinds[i].kind, kind) == 0)
				publish_person(key, user, kinds[i].event, doc, kinds[i].leave);
	arena_fini(&mem);
}

void
chat_members_start(void)
{
	chat_text_start();
	loop_timer_init(&look_timer, on_check_bans, NULL);
	room_channel_obey(CHAT_PERSON_EVENT, on_person);
}

void
chat_members_stop(void)
{
	stopping = true;
	loop_timer_stop(&look_timer);
	(void)co_group_wait(&moves);
}
