/* entry.c -- clients coming in. See entry.h. */
#include "entry.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "client_budget.h"
#include "engine_io.h"
#include "handshake_info.h"
#include "late_poll.h"
#include "polling.h"
#include "protocol_test.h"
#include "sock.h"

/* Engine.IO's own error codes. */
enum { EIO_UNKNOWN_TRANSPORT, EIO_UNKNOWN_SID, EIO_BAD_METHOD, EIO_BAD_REQUEST, EIO_FORBIDDEN, EIO_BAD_VERSION };

enum { HELLO_BYTES = 992 };		/* what malloc keeps at hand */

static bool stopping;
static const struct entry_ops *users;

static bool
is_full(void)
{
	return (int64_t)eio_count() + users->count_plain() >= conf.ws_connections_max;
}

/* The function that opens Engine.IO sessions of this path; NULL: there are none. */
static void
(*opener_of(const char *path))(struct eio *e, const struct handshake_info *h)
{
	if (strcmp(path, "/socket.io/") == 0 || strcmp(path, "/socket.io") == 0)
		return users->open_session;
	return conf.ws_protocol_test && strcmp(path, "/engine.io/") == 0 ? protocol_test_open : NULL;
}

/* Make room for one more connection, if need be by ending the oldest session that has joined no namespace. */
static bool
make_room(void)
{
	return !is_full() || (users->drop_idle() && !is_full());
}

static void
refuse_websocket(struct client_budget *budget, int fd, int code, enum drop why)
{
	struct sock *s = sock_new(fd, false, budget, NULL, NULL);

	sock_count_drop(why);
	sock_close(s, code);
}

/* Read the candidate WebSocket of the session before its polling request: it may have upgraded. */
static struct eio *
find_session(const char *sid)
{
	struct eio *e = eio_find(sid);

	if (e == NULL || e->probe == NULL)
		return e;
	sock_look(e->probe);
	return eio_find(sid);
}

/* A new session, or another transport of one that polls. */
static void
enter_engine(struct client_budget *budget, int fd, struct arena *mem, const struct handshake_info *h, struct str early)
{
	const char *sid = handshake_info_query(mem, h, "sid"), *version = handshake_info_query(mem, h, "EIO");
	const char *transport = handshake_info_query(mem, h, "transport");
	struct eio *e;
	struct sock *s;

	if (version == NULL || strcmp(version, "4") != 0 || transport == NULL || strcmp(transport, "websocket") != 0) {
		refuse_websocket(budget, fd, CLOSE_POLICY, DROP_PROTOCOL);
		return;
	}
	if (sid != NULL) {
		if ((e = find_session(sid)) == NULL || (s = eio_probe(e, fd, h->packs)) == NULL) {
			refuse_websocket(budget, fd, CLOSE_POLICY, DROP_PROTOCOL);
			return;
		}
	} else {
		e = eio_new(budget);
		s = eio_attach(e, fd, h->packs);
		opener_of(h->path)(e, h);
	}
	sock_feed(s, early);
}

/* The close code with which another session of this client is refused; 0: it may open one. */
static int
why_refused(struct client_budget *budget, const struct handshake_info *h, enum drop *why)
{
	bool moves = strstr(h->query, "sid=") != NULL;	/* of a session that is counted already */

	*why = DROP_PROTOCOL;
	if (stopping) {
		*why = DROP_SHUTDOWN;
		return CLOSE_AWAY;
	}
	if (!handshake_info_origin_allowed(h))
		return CLOSE_POLICY;
	*why = DROP_ADDRESS;
	if (!moves && !client_budget_opens(budget))
		return CLOSE_RETRY;
	*why = DROP_LIMIT;
	return make_room() ? 0 : CLOSE_RETRY;
}

static void
open_websocket(struct client_budget *budget, int fd, struct arena *mem, const struct handshake_info *h,
    struct str early)
{
	enum drop why;
	int code = why_refused(budget, h, &why);

	if (code != 0)
		refuse_websocket(budget, fd, code, why);
	else if (opener_of(h->path) != NULL)
		enter_engine(budget, fd, mem, h, early);
	else if (strcmp(h->path, "/ws") == 0)
		users->open_plain(budget, fd, h, early);
	else if (conf.ws_protocol_test && strcmp(h->path, "/echo") == 0)
		protocol_test_echo(budget, fd, h, early);
	else
		refuse_websocket(budget, fd, CLOSE_POLICY, DROP_PROTOCOL);
}

static void
enter_websocket(int fd, struct str header, struct str early)
{
	struct client_budget *budget;
	struct arena mem;
	struct handshake_info h;
	bool known;

	arena_init(&mem, HELLO_BYTES);
	known = handshake_info_parse(&mem, header, &h) == 0;
	budget = client_budget_get(known ? h.ip : NULL);
	if (known)
		open_websocket(budget, fd, &mem, &h, early);
	else
		refuse_websocket(budget, fd, CLOSE_PROTOCOL, DROP_PROTOCOL);
	client_budget_put(&budget);
	arena_fini(&mem);
}

static void
refuse_polling(struct asker who, int status, int code, const char *message)
{
	struct arena mem;

	arena_init(&mem, 256);
	front_answer(who, status, "application/json", json_obj(&mem, JI("code", code), JS("message", message)));
	arena_fini(&mem);
}

static void
open_polling(struct asker who, const struct handshake_info *h)
{
	struct client_budget *budget = client_budget_get(h->ip);
	struct eio *e;

	if (strcmp(h->method, "GET") != 0) {
		refuse_polling(who, 400, EIO_BAD_METHOD, "Bad handshake method");
	} else if (!client_budget_opens(budget)) {
		sock_count_drop(DROP_ADDRESS);
		refuse_polling(who, 429, EIO_FORBIDDEN, "Too many connections from this address");
	} else if (!make_room()) {
		sock_count_drop(DROP_LIMIT);
		refuse_polling(who, 503, EIO_FORBIDDEN, "Too many connections");
	} else {
		e = eio_new(budget);
		eio_poll(e);
		opener_of(h->path)(e, h);
		polling_get(e->polling, who);
	}
	client_budget_put(&budget);
}

/* There is no such session; perhaps it has ended a moment before. */
static void
answer_unknown(struct asker who, const struct handshake_info *h, const char *sid)
{
	if (strcmp(h->method, "GET") == 0 && late_poll_answer(sid, who))
		return;
	if (stopping)
		refuse_polling(who, 503, EIO_FORBIDDEN, "The server is stopping");
	else
		refuse_polling(who, 400, EIO_UNKNOWN_SID, "Session ID unknown");
}

static void
route_polling(struct asker who, struct arena *mem, const struct handshake_info *h, struct str body)
{
	const char *transport = handshake_info_query(mem, h, "transport"), *sid = handshake_info_query(mem, h, "sid");
	const char *version = handshake_info_query(mem, h, "EIO");
	bool upgrades = transport != NULL && strcmp(transport, "websocket") == 0;
	struct eio *e;

	if (transport == NULL || (strcmp(transport, "polling") != 0 && !upgrades))
		refuse_polling(who, 400, EIO_UNKNOWN_TRANSPORT, "Transport unknown");
	else if (version == NULL || strcmp(version, "4") != 0)
		refuse_polling(who, 400, EIO_BAD_VERSION, "Unsupported protocol version");
	else if (upgrades)
		refuse_polling(who, 400, EIO_BAD_REQUEST, "Bad request");
	else if (sid == NULL)
		open_polling(who, h);
	else if ((e = find_session(sid)) == NULL)
		answer_unknown(who, h, sid);
	else if (e->polling == NULL)
		refuse_polling(who, 400, EIO_BAD_REQUEST, "Bad request");
	else if (strcmp(h->method, "GET") == 0)
		polling_get(e->polling, who);
	else if (strcmp(h->method, "POST") == 0)
		polling_post(e->polling, who, body);
	else
		refuse_polling(who, 400, EIO_BAD_REQUEST, "Bad request");
}

static void
enter_polling(struct asker who, struct str header, struct str body)
{
	struct arena mem;
	struct handshake_info h;

	arena_init(&mem, 2048);
	if (handshake_info_parse(&mem, header, &h) < 0 || opener_of(h.path) == NULL)
		refuse_polling(who, 400, EIO_BAD_REQUEST, "Bad request");
	else if (stopping && handshake_info_query(&mem, &h, "sid") == NULL)
		refuse_polling(who, 503, EIO_FORBIDDEN, "The server is stopping");
	else if (!handshake_info_origin_allowed(&h))
		refuse_polling(who, 403, EIO_FORBIDDEN, "Forbidden");
	else
		route_polling(who, &mem, &h, body);
	arena_fini(&mem);
}

void
entry_start(const struct entry_ops *wanted)
{
	static const struct front_ops ops = {
		.asker = { .on_poll = enter_polling, .on_cancel = polling_cancel, .on_release = polling_return },
		.on_websocket = enter_websocket, .on_lost = polling_cancel_all,
	};

	users = wanted;
	late_poll_start();
	front_init(&ops);
}

void
entry_stop(void)
{
	stopping = true;
}
