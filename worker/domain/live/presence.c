/* presence.c -- queries all fanout processes. See presence.h. Yields: all. */
#include "presence.h"

#include <stdlib.h>

#include "base/err.h"
#include "worker/domain/core/ask.h"

/* Each process names so many times the rooms that are wanted: one that is among the largest of the hosts is hardly
 * ever among none of these. */
enum { ROOMS_ASKED = 10 };

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
count_rooms(const struct ask_answer *a)
{
	size_t n = 0;

	for (; a != NULL; a = a->next)
		n += json_count(json_get(a->json, "rooms"));
	return n;
}

/* All rooms of all processes, sorted by name, each once. */
static struct tally *
tally_rooms(struct arena *mem, const struct ask_answer *a, size_t *n)
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
	struct ask_answers answers;
	struct ask_answer *a;
	struct buf list = { 0 };
	int64_t connections = 0;
	struct tally *rooms;
	size_t n, i;
	int rc;

	if ((rc = ask_all(mem, PRESENCE_FAMILY, "stats", &answers)) < 0)
		return rc;
	for (a = answers.first; a != NULL; a = a->next)
		connections += int_of(a->json, "connections");
	rooms = tally_rooms(mem, answers.first, &n);
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
	struct ask_answers answers;
	struct ask_answer *a;
	const struct json *c;
	struct buf list = { 0 };
	int64_t n = 0;
	int rc;

	if ((rc = ask_all(mem, PRESENCE_FAMILY, "clients", &answers, JS("room", room))) < 0)
		return rc;
	buf_byte(&list, '[');
	for (a = answers.first; a != NULL; a = a->next)
		for (c = json_first(json_get(a->json, "clients")); c != NULL; c = json_next(c)) {
			struct str one = json_text(mem, c);

			buf_str(&list, n++ > 0 ? "," : "");
			buf_add(&list, one.p, one.n);
		}
	buf_byte(&list, ']');
	*out = json_obj(mem, JS("room", room), JI("clientCount", n), JR("clients", buf_to_arena(mem, &list)));
	return 0;
}

/* --- For operators --- */

static int
by_clients(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return x->clients != y->clients ? (x->clients < y->clients) - (x->clients > y->clients) : by_name(a, b);
}

int
presence_rooms(struct arena *mem, int64_t limit, struct str *list)
{
	struct ask_answers answers;
	struct buf out = { 0 };
	struct tally *rooms;
	size_t n, i;
	int rc;

	if ((rc = ask_all(mem, PRESENCE_FAMILY, "rooms", &answers, JI("limit", ROOMS_ASKED * limit))) < 0)
		return rc;
	rooms = tally_rooms(mem, answers.first, &n);
	qsort(rooms, n, sizeof(*rooms), by_clients);
	buf_byte(&out, '[');
	for (i = 0; i < n && (int64_t)i < limit; i++) {
		struct json_field f[] = { JS("room", rooms[i].name), JI("sockets", rooms[i].clients) };

		buf_str(&out, i > 0 ? "," : "");
		json_put_obj(&out, f, NELEM(f));
	}
	buf_byte(&out, ']');
	*list = buf_to_arena(mem, &out);
	return 0;
}

int
presence_sockets(struct arena *mem, const struct presence_filter *f, struct str *list, int64_t *total)
{
	struct ask_answers answers;
	const struct ask_answer *a;
	const struct json *s;
	struct buf out = { 0 };
	int64_t n = 0;
	int rc;

	*total = 0;
	rc = ask_all(mem, PRESENCE_FAMILY, "sockets", &answers, JI("limit", f->limit), JIF(f->user != NULL,
	    JS("userId", f->user)), JIF(f->room != NULL, JS("room", f->room)));
	if (rc < 0)
		return rc;
	buf_byte(&out, '[');
	for (a = answers.first; a != NULL; a = a->next) {
		*total += int_of(a->json, "total");
		for (s = json_first(json_get(a->json, "sockets")); s != NULL && n < f->limit; s = json_next(s)) {
			struct str one = json_text(mem, s);

			buf_str(&out, n++ > 0 ? "," : "");
			buf_add(&out, one.p, one.n);
		}
	}
	buf_byte(&out, ']');
	*list = buf_to_arena(mem, &out);
	return 0;
}

int
presence_disconnect(struct arena *mem, const char *id)
{
	struct ask_answers answers;
	const struct ask_answer *a;
	int rc;

	if ((rc = ask_all(mem, PRESENCE_FAMILY, "disconnect", &answers, JS("socket", id))) < 0)
		return rc;
	for (a = answers.first; a != NULL; a = a->next)
		if (int_of(a->json, "disconnected") > 0)
			return 0;
	return answers.answered < answers.asked ? E_DOWN : E_NOT_FOUND;
}
