/* connection_list.c -- see connection_list.h. A connection is a Socket.IO session with its sockets, or a plain
 * WebSocket; it is named by its first socket's id. */
#include "connection_list.h"

#include <string.h>

#include "base/anon.h"
#include "base/host.h"
#include "base/json.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/session/namespace.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/socket_io.h"

/* As the members of a connection's object. */
struct shown {
	const char	*id, *user, *transport, *client;
	int64_t		 since_ms;
	struct buf	 namespaces;	/* the items of the array */
};

static void
put_connection(struct buf *out, const struct shown *c)
{
	struct buf ip = { 0 }, names = { 0 };

	anon_ip(&ip, c->client);
	buf_printf(&names, "[%.*s]", (int)c->namespaces.n, c->namespaces.n > 0 ? c->namespaces.p : "");
	struct json_field f[] = {
		JS("id", c->id), JS("host", host_name()), JS("userId", c->user),
		JR("namespaces", ((struct str){ names.p, names.n })), JS("transport", c->transport),
		c->since_ms > 0 ? JT("connectedAt", c->since_ms) : JS("connectedAt", NULL),
		ip.n > 0 ? JN("ip", ((struct str){ ip.p, ip.n })) : JS("ip", NULL),
	};
	json_put_obj(out, f, NELEM(f));
	buf_fini(&ip);
	buf_fini(&names);
}

static bool
in_room(const struct peer *p, const char *room)
{
	return room == NULL || room_member((struct peer *)(uintptr_t)p, room) != NULL;
}

/* Whether the session is wanted; what is shown of it. A session that has joined no namespace yet has no name. */
static bool
look_at_session(const struct session *ses, const struct connection_filter *f, struct shown *c)
{
	bool user = f->user == NULL, room = f->room == NULL;
	const struct sio *s;

	c->id = c->user = NULL;
	buf_reset(&c->namespaces);
	for (s = ses->sockets; s != NULL; s = s->next) {
		const char *name = dialect_namespace(s->peer.dialect);

		if (s->peer.gone)
			continue;
		c->id = s->id;		/* the list's last is the first one that joined */
		c->user = s->user != NULL ? s->user : c->user;
		user = user || (s->user != NULL && strcmp(s->user, f->user) == 0);
		room = room || in_room(&s->peer, f->room);
		buf_str(&c->namespaces, c->namespaces.n > 0 ? "," : "");
		json_put_str(&c->namespaces, name, strlen(name));
	}
	c->transport = ses->eio->sock != NULL ? "websocket" : "polling";
	c->client = ses->eio->budget->client;
	c->since_ms = ses->since_ms;
	return c->id != NULL && user && room;
}

static bool
look_at_plain(const struct plain *p, const struct connection_filter *f, struct shown *c)
{
	c->id = p->id;
	c->user = NULL;
	buf_reset(&c->namespaces);
	c->transport = "plain";
	c->client = p->budget->client;
	c->since_ms = p->since_ms;
	return f->user == NULL && in_room(&p->peer, f->room);
}

static void
add_connection(struct buf *out, const struct shown *c, int64_t *total, int64_t limit)
{
	if ((*total)++ >= limit)
		return;
	buf_str(out, out->n > 0 ? "," : "");
	put_connection(out, c);
}

void
connection_list(struct buf *out, const struct connection_filter *f)
{
	const struct session *ses;
	const struct plain *p;
	struct eio *e = NULL;
	struct buf list = { 0 };
	struct shown c = { 0 };
	int64_t total = 0;
	size_t slot;

	while ((e = eio_each(&slot, e)) != NULL)
		if ((ses = sio_session(e)) != NULL && look_at_session(ses, f, &c))
			add_connection(&list, &c, &total, f->limit);
	for (p = plain_first(); p != NULL; p = p->next)
		if (look_at_plain(p, f, &c))
			add_connection(&list, &c, &total, f->limit);
	buf_printf(out, "{\"total\":%lld,\"sockets\":[", (long long)total);
	buf_add(out, list.p, list.n);
	buf_str(out, "]}");
	buf_fini(&list);
	buf_fini(&c.namespaces);
}

static bool
has_socket(const struct session *ses, const char *id)
{
	const struct sio *s;

	for (s = ses->sockets; s != NULL; s = s->next)
		if (!s->peer.gone && strcmp(s->id, id) == 0)
			return true;
	return false;
}

static void
end_session(struct session *ses)
{
	struct eio *e = ses->eio;
	struct sio *s;

	for (s = ses->sockets; s != NULL; s = s->next)
		if (!s->peer.gone)
			namespace_eject(s);
	eio_close(e, CLOSE_POLICY);
}

bool
connection_end(const char *id)
{
	struct session *ses;
	struct eio *e = NULL;
	struct plain *p;
	size_t slot;

	while ((e = eio_each(&slot, e)) != NULL) {
		if ((ses = sio_session(e)) == NULL || !has_socket(ses, id))
			continue;
		end_session(ses);
		return true;
	}
	for (p = plain_first(); p != NULL; p = p->next) {
		if (strcmp(p->id, id) == 0) {
			plain_close(p, CLOSE_POLICY);
			return true;
		}
	}
	return false;
}
