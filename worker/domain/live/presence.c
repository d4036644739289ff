/* presence.c -- queries all fanout processes. See presence.h. Yields: all. */
#include "presence.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "link/redis.h"
#include "run/co.h"

enum { ANSWER_MS = 1000 };

/* A query in flight, in its coroutine's arena, which the answers are copied to. */
struct asking {
	struct arena	*mem;
	struct co	*co;
	bool		 ready;
	struct answer {
		struct answer		*next;
		const struct json	*json;
	}		*first;
	int64_t		 n;
};

static void
on_ready(void *arg)
{
	struct asking *a = arg;

	a->ready = true;
	co_wake(a->co);
}

static void
on_answer(void *arg, const char *p, size_t n)
{
	struct asking *a = arg;
	struct answer *one;
	const struct json *json;
	const char *copy;

	if (p == NULL)
		return;
	copy = arena_copy(a->mem, p, n);
	if (json_parse(a->mem, copy, n, &json) < 0)
		return;
	one = arena_alloc(a->mem, sizeof(*one));
	*one = (struct answer){ a->first, json };
	a->first = one;
	a->n++;
	co_wake(a->co);
}

/* Waits for as many answers as the query had receivers. */
static int
await_answers(struct asking *a, const char *question)
{
	int64_t until = mono_ms() + ANSWER_MS, left;
	struct redis_reply receivers;
	int rc = 0;

	while (!a->ready && rc == 0)
		rc = co_park((left = until - mono_ms()) > 0 ? left : 0);
	if (rc < 0)
		return rc == E_TIMEOUT ? E_DOWN : rc;
	if ((rc = redis_cmd(&receivers, "PUBLISH " PRESENCE_ASK " %s", question)) < 0)
		return rc;
	while (a->n < receivers.i && rc == 0)
		rc = co_park((left = until - mono_ms()) > 0 ? left : 0);
	return rc == E_TIMEOUT ? 0 : rc;
}

static int
ask_all(struct arena *mem, const char *what, const char *room, struct answer **out)
{
	struct asking *a = arena_zalloc(mem, sizeof(*a));
	char id[UUID_TEXT_BYTES];
	struct redis_sub *sub;
	int rc;

	a->mem = mem;
	a->co = co_self();
	uuid_text(id);
	sub = redis_subscribe(arena_printf(mem, PRESENCE_ANSWER "%s", id), on_answer, on_ready, a);
	rc = redis_up() ? await_answers(a, json_obj(mem, JS("id", id), JS("what", what),
	    JIF(room != NULL, JS("room", room))).p) : E_DOWN;
	redis_unsubscribe(&sub);
	*out = a->first;
	return rc;
}

/* --- Rooms, summed over processes --- */

struct tally {
	const char	*name;
	int64_t		 clients, created_ms;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->name, ((const struct tally *)b)->name);
}

static int64_t
int_of(const struct json *j, const char *name)
{
	int64_t v = 0;

	(void)json_int(json_get(j, name), &v);
	return v;
}

static size_t
count_rooms(const struct answer *a)
{
	size_t n = 0;

	for (; a != NULL; a = a->next)
		n += json_count(json_get(a->json, "rooms"));
	return n;
}

/* All rooms of all processes, sorted by name, each once. */
static struct tally *
tally_rooms(struct arena *mem, const struct answer *a, size_t *n)
{
	struct tally *all = arena_alloc(mem, (count_rooms(a) + 1) * sizeof(*all));
	const struct json *r;
	size_t total = 0, i;

	for (; a != NULL; a = a->next)
		for (r = json_first(json_get(a->json, "rooms")); r != NULL; r = json_next(r))
			if (json_str(json_get(r, "name")) != NULL)
				all[total++] = (struct tally){ json_str(json_get(r, "name")), int_of(r, "clientCount"),
				    int_of(r, "createdAt") };
	qsort(all, total, sizeof(*all), by_name);
	for (*n = i = 0; i < total; i++) {
		struct tally *last = &all[*n > 0 ? *n - 1 : 0];

		if (*n > 0 && strcmp(last->name, all[i].name) == 0) {
			last->clients += all[i].clients;
			last->created_ms = all[i].created_ms < last->created_ms ? all[i].created_ms : last->created_ms;
		} else {
			all[(*n)++] = all[i];
		}
	}
	return all;
}

int
presence_stats(struct arena *mem, struct str *out)
{
	struct answer *answers, *a;
	struct buf list = { 0 };
	int64_t connections = 0;
	struct tally *rooms;
	size_t n, i;
	int rc;

	if ((rc = ask_all(mem, "stats", NULL, &answers)) < 0)
		return rc;
	for (a = answers; a != NULL; a = a->next)
		connections += int_of(a->json, "connections");
	rooms = tally_rooms(mem, answers, &n);
	buf_byte(&list, '[');
	for (i = 0; i < n; i++) {
		struct str one = json_obj(mem, JS("name", rooms[i].name), JI("clientCount", rooms[i].clients),
		    JT("createdAt", rooms[i].created_ms));

		buf_str(&list, i > 0 ? "," : "");
		buf_add(&list, one.p, one.n);
	}
	buf_byte(&list, ']');
	*out = json_obj(mem, JI("connectedClients", connections), JI("activeRooms", (int64_t)n),
	    JR("roomDetails", buf_to_arena(mem, &list)));
	return 0;
}

int
presence_clients(struct arena *mem, const char *room, struct str *out)
{
	struct answer *answers, *a;
	const struct json *c;
	struct buf list = { 0 };
	int64_t n = 0;
	int rc;

	if ((rc = ask_all(mem, "clients", room, &answers)) < 0)
		return rc;
	buf_byte(&list, '[');
	for (a = answers; a != NULL; a = a->next)
		for (c = json_first(json_get(a->json, "clients")); c != NULL; c = json_next(c)) {
			struct str one = json_text(mem, c);

			buf_str(&list, n++ > 0 ? "," : "");
			buf_add(&list, one.p, one.n);
		}
	buf_byte(&list, ']');
	*out = json_obj(mem, JS("room", room), JI("clientCount", n), JR("clients", buf_to_arena(mem, &list)));
	return 0;
}
