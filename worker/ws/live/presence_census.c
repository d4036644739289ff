/* presence_census.c -- answers the census of connections. See presence_census.h; the questions are in
 * domain/live/presence.h. */
#include "presence_census.h"

#include <stdlib.h>

#include "connection_list.h"
#include "worker/domain/core/ask.h"
#include "worker/domain/live/presence.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/room/ws_room.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/socket_io.h"

enum { LIMIT_MAX = 10000 };

static void
put_room(struct buf *out, const struct room *r, bool first)
{
	struct json_field f[] = { JS("name", r->name), JI("clientCount", r->n_members),
	    JI("createdAt", r->created_ms) };

	buf_str(out, first ? "" : ",");
	json_put_obj(out, f, NELEM(f));
}

static void
put_stats(struct buf *out, struct arena *mem, const struct json *q)
{
	const struct room *r = NULL;
	bool first = true;
	size_t slot;

	(void)mem;
	(void)q;
	buf_printf(out, "{\"connections\":%zu,\"rooms\":[", eio_count() + (size_t)plain_count());
	while ((r = room_each(&slot, r)) != NULL) {
		if (r->common)
			continue;
		put_room(out, r, first);
		first = false;
	}
	buf_str(out, "]}");
}

static int64_t
limit_of(const struct json *q)
{
	int64_t limit = 0;

	(void)json_int(json_get(q, "limit"), &limit);
	return limit < 1 ? 1 : limit > LIMIT_MAX ? LIMIT_MAX : limit;
}

static int
by_members(const void *a, const void *b)
{
	const struct room *x = *(const struct room *const *)a, *y = *(const struct room *const *)b;

	return (x->n_members < y->n_members) - (x->n_members > y->n_members);
}

static void
put_largest_rooms(struct buf *out, struct arena *mem, const struct json *q)
{
	size_t limit = (size_t)limit_of(q), n = 0, i, slot;
	const struct room *r = NULL, **all;

	while ((r = room_each(&slot, r)) != NULL)
		n++;
	all = arena_alloc(mem, (n + 1) * sizeof(struct room *));
	for (n = 0; (r = room_each(&slot, r)) != NULL;)
		if (!r->common)
			all[n++] = r;
	qsort(all, n, sizeof(struct room *), by_members);
	buf_str(out, "{\"rooms\":[");
	for (i = 0; i < n && i < limit; i++)
		put_room(out, all[i], i == 0);
	buf_str(out, "]}");
}

static struct str
describe_member(struct arena *mem, const struct peer *p)
{
	const struct sio *s = HOLDER(p, struct sio, peer);
	const char *transport;

	if (p->dialect == DIALECT_PLAIN)
		return json_obj(mem, JS("id", NULL), JS("userId", NULL), JS("namespace", NULL),
		    JS("transport", "plain"));
	transport = s->session->eio != NULL && s->session->eio->sock != NULL ? "websocket" : "polling";
	return json_obj(mem, JS("id", s->id), JS("userId", s->user), JS("namespace", dialect_namespace(p->dialect)),
	    JS("transport", transport));
}

static void
put_clients(struct buf *out, struct arena *mem, const struct json *q)
{
	const char *name = json_str(json_get(q, "room"));
	const struct room *r = name != NULL ? room_find(name) : NULL;
	const struct member *m;
	struct str one;

	buf_str(out, "{\"clients\":[");
	for (m = r != NULL ? r->members : NULL; m != NULL; m = m->next) {
		one = describe_member(mem, m->peer);
		buf_str(out, m != r->members ? "," : "");
		buf_add(out, one.p, one.n);
	}
	buf_str(out, "]}");
}

static void
put_sockets(struct buf *out, struct arena *mem, const struct json *q)
{
	const struct connection_filter f = { json_str(json_get(q, "userId")), json_str(json_get(q, "room")),
	    limit_of(q) };

	(void)mem;
	connection_list(out, &f);
}

static void
disconnect(struct buf *out, struct arena *mem, const struct json *q)
{
	const char *id = json_str(json_get(q, "socket"));

	(void)mem;
	buf_printf(out, "{\"disconnected\":%d}", id != NULL && connection_end(id));
}

static const struct {
	const char	*what;
	void		(*put)(struct buf *out, struct arena *mem, const struct json *q);
} questions[] = {
	{ "stats", put_stats }, { "rooms", put_largest_rooms }, { "clients", put_clients },
	{ "sockets", put_sockets }, { "disconnect", disconnect },
};

static void
answer(struct buf *out, struct arena *mem, const char *what, const struct json *q)
{
	size_t i;

	for (i = 0; i < NELEM(questions); i++)
		if (strcmp(what, questions[i].what) == 0)
			questions[i].put(out, mem, q);
	if (out->n == 0)
		buf_str(out, "{}");	/* of a newer version: the asker need not wait */
}

void
presence_census_start(void)
{
	static struct ask_listener listener = { .family = PRESENCE_FAMILY, .answer = answer };

	ask_listen(&listener);
}
