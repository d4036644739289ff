/* engine_io.c -- Engine.IO sessions. See engine_io.h. */
#include "engine_io.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/slab.h"
#include "inbox.h"
#include "polling.h"
#include "proc/relay.h"
#include "session_name.h"

enum eio_type {
	EIO_OPEN = '0', EIO_CLOSE = '1', EIO_PING = '2', EIO_PONG = '3', EIO_MESSAGE = '4', EIO_UPGRADE = '5',
	    EIO_NOOP = '6',
};

enum { UNREAD_MS = 1000 };

static struct hashtab sessions;
static struct slab all = { .size = sizeof(struct eio) };
static struct timeout_queue pings, pongs;
static struct eio *dead;
static int own_index;

static void	on_sock_message(void *owner, int opcode, char *p, size_t n);
static void	on_sock_close(void *owner, int code);
static void	on_probe_message(void *owner, int opcode, char *p, size_t n);
static void	on_probe_close(void *owner, int code);

static int	on_polling_packet(void *owner, bool binary, char *p, size_t n);
static void	on_polling_close(void *owner, int code);
static void	on_polling_drop(void *owner, int code, enum drop why);

static const struct polling_ops polling_ops = { on_polling_packet, on_polling_close, on_polling_drop };
static const struct sock_ops transport_ops = { on_sock_message, on_sock_close };
static const struct sock_ops probe_ops = { on_probe_message, on_probe_close };

static void
on_ping_timeout(struct timeout *entry)
{
	struct eio *e = HOLDER(entry, struct eio, beat);

	eio_send(e, FRAME_TEXT, "2", 1);
	e->pinged = true;
	timeout_go_on(&pongs, &e->beat);
}

/* A client with unread input is not silent: this process was busy, or paused for a hand-over. */
static void
on_pong_timeout(struct timeout *entry)
{
	struct eio *e = HOLDER(entry, struct eio, beat);

	if (inbox_paused() || sock_has_more(e->sock))
		timeout_start_at(&pongs, entry, mono_ms() + UNREAD_MS);
	else
		eio_drop(e, CLOSE_NORMAL, DROP_TIMEOUT);
}

void
eio_start(int index)
{
	own_index = index;
	timeout_queue_init(&pings, conf.ws_ping_interval_ms, on_ping_timeout);
	timeout_queue_init(&pongs, conf.ws_ping_timeout_ms, on_pong_timeout);
}

struct eio *
eio_restore(const char *sid, struct client_budget *budget)
{
	struct eio *e = slab_alloc(&all);

	memcpy(e->sid, sid, EIO_SID_BYTES);
	e->budget = client_budget_ref(budget);
	client_budget_begin(budget);
	hashtab_add(&sessions, &e->node, hash_bytes(e->sid, EIO_SID_BYTES - 1));
	return e;
}

struct eio *
eio_new(struct client_budget *budget)
{
	char sid[EIO_SID_BYTES];

	sid[0] = relay_owner_char(own_index);
	session_name_make(sid + 1);
	return eio_restore(sid, budget);
}

void
eio_restore_beat(struct eio *e, bool pinged, int64_t at_ms)
{
	e->pinged = pinged;
	timeout_start_at(pinged ? &pongs : &pings, &e->beat, at_ms);
}

void
eio_ping_within(int64_t ms)
{
	if (ms > 0 && ms < pings.after_ms)
		pings.after_ms = ms;
}

int64_t
eio_ping_every(void)
{
	return pings.after_ms;
}

struct eio *
eio_find(const char *sid)
{
	struct hashtab_node *node = NULL;
	uint64_t hash;

	if (strlen(sid) != EIO_SID_BYTES - 1)
		return NULL;
	hash = hash_bytes(sid, EIO_SID_BYTES - 1);
	while ((node = hashtab_find(&sessions, hash, node)) != NULL) {
		struct eio *e = HOLDER(node, struct eio, node);

		if (str_eq_secret(str_of(e->sid), str_of(sid)))
			return e;
	}
	return NULL;
}

struct sock *
eio_attach(struct eio *e, int fd, enum pack packs)
{
	return e->sock = sock_new(fd, packs, e->budget, &transport_ops, e);
}

void
eio_poll(struct eio *e)
{
	e->polling = polling_new(e->sid, e->budget, &e->spent, &polling_ops, e);
	if (e->wide)
		polling_widen(e->polling);
}

static void
set_probe(struct eio *e, struct sock *probe)
{
	e->probe = probe;
	if (e->polling != NULL)
		polling_probe(e->polling, probe != NULL);
}

struct sock *
eio_probe(struct eio *e, int fd, enum pack packs)
{
	if (e->polling == NULL || e->probe != NULL || !conf.ws_allow_upgrades)
		return NULL;
	set_probe(e, sock_new(fd, packs, e->budget, &probe_ops, e));
	return e->probe;
}

void
eio_begin(struct eio *e, const struct eio_ops *ops, void *user)
{
	struct arena mem;
	struct str text;

	e->ops = ops;
	e->user = user;
	arena_init(&mem, 512);
	text = json_obj(&mem, JS("sid", e->sid), JR("upgrades", e->sock == NULL && conf.ws_allow_upgrades
	    ? STR("[\"websocket\"]") : STR("[]")),
	    JI("pingInterval", conf.ws_ping_interval_ms), JI("pingTimeout", conf.ws_ping_timeout_ms),
	    JI("maxPayload", conf.ws_max_payload));
	text.p = arena_printf(&mem, "%c%.*s", EIO_OPEN, (int)text.n, text.p);
	eio_send(e, FRAME_TEXT, text.p, text.n + 1);
	arena_fini(&mem);
	timeout_start(&pings, &e->beat);
}

void
eio_widen(struct eio *e)
{
	e->wide = true;
	if (e->sock != NULL)
		sock_widen(e->sock);
	else if (e->polling != NULL)
		polling_widen(e->polling);
}

void
eio_charge(struct eio *e, uint64_t bytes)
{
	if (e->sock != NULL)
		sock_charge(e->sock, bytes);
	else
		client_budget_charge(e->budget, &e->spent, bytes);
}

void
eio_push(struct eio *e, struct chunk *c)
{
	if (e->sock != NULL)
		sock_push(e->sock, c);
	else if (e->polling != NULL)
		polling_push(e->polling, c);
}

bool
eio_packs(const struct eio *e)
{
	return sock_pack_from(e->sock) > 0;
}

void
eio_send(struct eio *e, int opcode, const void *p, size_t n)
{
	struct chunk *c = chunk_frame(opcode, p, n, sock_pack_from(e->sock));

	eio_push(e, c);
	chunk_put(&c);
}

/* End the session; `how`: for a client that polls. */
static void
end_session(struct eio *e, int code, enum polling_end how)
{
	const struct eio_ops *ops = e->ops;

	if (e->closed)
		return;
	e->closed = true;
	e->ops = NULL;
	hashtab_del(&sessions, &e->node);
	timeout_stop(&e->beat);
	if (e->probe != NULL)
		sock_close(e->probe, code);
	if (e->sock != NULL)
		sock_close(e->sock, code);
	if (e->polling != NULL)
		polling_end(e->polling, how);
	e->polling = NULL;
	e->sock = e->probe = NULL;
	client_budget_end(e->budget);
	e->next_dead = dead;
	dead = e;
	if (ops != NULL)
		ops->on_close(e->user);
}

static int
receive_packet(struct eio *e, bool binary, char *p, size_t n)
{
	if (e->closed)
		return 0;
	if (binary) {
		e->ops->on_message(e->user, true, p, n);
		return 0;
	}
	switch (n > 0 ? *p : '\0') {
	case EIO_MESSAGE:
		e->ops->on_message(e->user, false, p + 1, n - 1);
		return 0;
	case EIO_PONG:
		e->pinged = false;
		timeout_start(&pings, &e->beat);
		return 0;
	case EIO_CLOSE:
		end_session(e, CLOSE_NORMAL, POLLING_LEFT);
		return 0;
	default:
		eio_drop(e, CLOSE_NORMAL, DROP_PROTOCOL);
		return E_BAD_REQUEST;
	}
}

static void
on_sock_message(void *owner, int opcode, char *p, size_t n)
{
	receive_packet(owner, opcode == FRAME_BINARY, p, n);
}

static void
on_sock_close(void *owner, int code)
{
	struct eio *e = owner;

	e->sock = NULL;
	eio_close(e, code);
}

/* The client tries the WebSocket ("2probe"), then moves to it ("5"); until then polling stays the transport. */
static void
on_probe_message(void *owner, int opcode, char *p, size_t n)
{
	struct eio *e = owner;

	if (opcode == FRAME_TEXT && n == 6 && memcmp(p, "2probe", 6) == 0) {
		sock_send(e->probe, FRAME_TEXT, "3probe", 6);
		if (e->polling != NULL)
			polling_release(e->polling);
	} else if (opcode == FRAME_TEXT && n == 1 && *p == EIO_UPGRADE && e->polling != NULL) {
		e->sock = e->probe;
		set_probe(e, NULL);
		sock_adopt(e->sock, &transport_ops, e);
		if (e->wide)
			sock_widen(e->sock);
		polling_move(e->polling, e->sock);
		e->polling = NULL;
		if (e->ops != NULL && e->ops->on_upgrade != NULL)
			e->ops->on_upgrade(e->user);
	} else {
		sock_count_drop(DROP_PROTOCOL);
		sock_close(e->probe, CLOSE_PROTOCOL);
		set_probe(e, NULL);
	}
}

static void
on_probe_close(void *owner, int code)
{
	struct eio *e = owner;

	(void)code;
	set_probe(e, NULL);
}

void
eio_close(struct eio *e, int code)
{
	end_session(e, code, code == CLOSE_ABNORMAL ? POLLING_FAILED : POLLING_CLOSED);
}

/* Whether a client that is dropped for this has failed, so that its session is unknown at once. */
static bool
is_failure(enum drop why)
{
	return why == DROP_PROTOCOL || why == DROP_TIMEOUT || why == DROP_SLOW;
}

void
eio_drop(struct eio *e, int code, enum drop why)
{
	if (e->closed)
		return;
	sock_count_drop(why);
	end_session(e, code, is_failure(why) ? POLLING_FAILED : POLLING_CLOSED);
}

static int
on_polling_packet(void *owner, bool binary, char *p, size_t n)
{
	return receive_packet(owner, binary, p, n);
}

static void
on_polling_close(void *owner, int code)
{
	eio_close(owner, code);
}

static void
on_polling_drop(void *owner, int code, enum drop why)
{
	eio_drop(owner, code, why);
}

void
eio_close_all(int code)
{
	struct hashtab_node *node;
	size_t slot;

	while ((node = hashtab_each(&sessions, &slot, NULL)) != NULL)
		eio_drop(HOLDER(node, struct eio, node), code, DROP_SHUTDOWN);
}

struct eio *
eio_each(size_t *slot, const struct eio *after)
{
	struct hashtab_node *node = hashtab_each(&sessions, slot, after != NULL
	    ? (struct hashtab_node *)(uintptr_t)&after->node : NULL);

	return node != NULL ? HOLDER(node, struct eio, node) : NULL;
}

size_t
eio_count(void)
{
	return sessions.n;
}

void
eio_turn(void)
{
	struct eio *e;

	while ((e = dead) != NULL) {
		dead = e->next_dead;
		client_budget_put(&e->budget);
		slab_free(&all, e);
	}
}
