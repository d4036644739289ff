/* presence_census.c -- answers the census of connections. See presence_census.h; the wire form is in
 * domain/live/presence.h. */
#include "presence_census.h"

#include "base/json.h"
#include "link/redis.h"
#include "worker/domain/live/presence.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/room/ws_room.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/socket_io.h"
#include "worker/ws/wire/encode.h"

static void
put_rooms(struct buf *out, struct arena *mem)
{
	const struct room *r = NULL;
	bool first = true;
	struct str one;
	size_t slot;

	buf_printf(out, "{\"connections\":%zu,\"rooms\":[", eio_count() + (size_t)plain_count());
	while ((r = room_each(&slot, r)) != NULL) {
		if (r->common)
			continue;
		one = json_obj(mem, JS("name", r->name), JI("clientCount", r->n_members),
		    JI("createdAt", r->created_ms));
		buf_str(out, first ? "" : ",");
		buf_add(out, one.p, one.n);
		first = false;
	}
	buf_str(out, "]}");
}

static struct str
describe_process(struct arena *mem, const struct peer *p)
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
put_clients(struct buf *out, struct arena *mem, const char *name)
{
	const struct room *r = room_find(name);
	const struct member *m;
	struct str one;

	buf_str(out, "{\"clients\":[");
	for (m = r != NULL ? r->members : NULL; m != NULL; m = m->next) {
		one = describe_process(mem, m->peer);
		buf_str(out, m != r->members ? "," : "");
		buf_add(out, one.p, one.n);
	}
	buf_str(out, "]}");
}

static void
on_question(void *arg, const char *p, size_t n)
{
	const char *id, *what, *room;
	const struct json *q;
	struct buf out = { 0 };
	struct arena mem;

	(void)arg;
	if (p == NULL)
		return;
	arena_init(&mem, 4096);
	if (json_parse(&mem, p, n, &q) == 0 && (id = json_str(json_get(q, "id"))) != NULL &&
	    (what = json_str(json_get(q, "what"))) != NULL) {
		room = json_str(json_get(q, "room"));
		if (strcmp(what, "clients") == 0 && room != NULL)
			put_clients(&out, &mem, room);
		else
			put_rooms(&out, &mem);
		redis_send("PUBLISH " PRESENCE_ANSWER "%s %b", id, out.p, out.n);
	}
	buf_fini(&out);
	arena_fini(&mem);
}

void
presence_census_start(void)
{
	redis_subscribe(PRESENCE_ASK, on_question, NULL, NULL);
}
