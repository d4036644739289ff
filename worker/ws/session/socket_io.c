/* socket_io.c -- Socket.IO sessions: packets in, and the session's life. See socket_io.h. */
#include "socket_io.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/slab.h"
#include "event.h"
#include "namespace.h"
#include "run/co.h"
#include "session_store.h"
#include "worker/domain/core/caller.h"
#include "worker/ws/wire/encode.h"

static struct timeout_queue joins;
static struct slab all = { .size = sizeof(struct session) };

static void	on_eio_message(void *user, bool binary, char *p, size_t n);
static void	on_eio_upgrade(void *user);
static void	on_eio_close(void *user);

static const struct eio_ops session_ops = { on_eio_message, on_eio_upgrade, on_eio_close };

static void
on_join_timeout(struct timeout *e)
{
	struct session *ses = HOLDER(e, struct session, join_timeout);

	eio_drop(ses->eio, CLOSE_POLICY, DROP_TIMEOUT);
}

void
sio_start(void)
{
	timeout_queue_init(&joins, conf.ws_connect_timeout_ms, on_join_timeout);
}

bool
sio_drop_idle(void)
{
	struct timeout *e = joins.head.next;

	if (e == &joins.head)
		return false;
	eio_drop(HOLDER(e, struct session, join_timeout)->eio, CLOSE_RETRY, DROP_IDLE);
	return true;
}

/* Charge input that is incomplete or queued to the client's budget. */
static void
recharge_held(struct session *ses)
{
	int64_t more = (int64_t)ses->half_bytes + ses->inbox.bytes - ses->held;

	if (ses->eio == NULL || more == 0)
		return;
	ses->held = (uint32_t)(ses->held + more);
	if (!client_budget_hold(ses->eio->budget, more))
		eio_drop(ses->eio, CLOSE_POLICY, DROP_ADDRESS);
}

/* --- In --- */

/* Whether every placeholder names an attachment that has come. */
static bool
has_blobs(const struct json *j, int n_blobs)
{
	const struct json *v;
	int64_t num;

	if (json_type(j) != JSON_ARRAY && json_type(j) != JSON_OBJECT)
		return true;
	if (json_type(j) == JSON_OBJECT && json_bool(json_get(j, "_placeholder"), false))
		return json_int(json_get(j, "num"), &num) && num >= 0 && num < n_blobs;
	for (v = json_first(j); v != NULL; v = json_next(v))
		if (!has_blobs(v, n_blobs))
			return false;
	return true;
}

/* An event's arguments: an array whose first element names it and is none of the client library's own. 0,
 * E_JSON_STRING, or another error: it breaks the protocol. */
static int
parse_event(struct str data, int n_blobs, const struct json **out)
{
	static const char *const reserved[] = {
		"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
	};
	const struct json *args;
	const char *name;
	size_t i;
	int rc;

	if ((rc = json_parse(co_arena(), data.p, data.n, &args)) < 0)
		return rc;
	if (json_type(args) != JSON_ARRAY || json_first(args) == NULL || (n_blobs > 0 && !has_blobs(args, n_blobs)))
		return E_BAD_REQUEST;
	*out = args;
	if ((name = json_str(json_first(args))) == NULL)
		return json_type(json_first(args)) == JSON_NUMBER ? 0 : E_BAD_REQUEST;
	for (i = 0; i < NELEM(reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return E_BAD_REQUEST;
	return 0;
}

static void
handle_event(struct session *ses, struct sio *s, const struct packet *k, const struct inbox_item *it)
{
	struct attachments blobs = { it->blobs, it->n_blobs };
	const struct json *args;
	int rc = parse_event(k->data, it->n_blobs, &args);

	if (rc == E_JSON_STRING)
		event_refuse(s, k->ack, rc, 0);		/* an emoji cut in two is no reason to hang up */
	else if (rc < 0)
		sio_fail(ses);
	else
		event_handle(s, args, k->ack, &blobs);
}

static void
handle_item(struct inbox *in, struct inbox_item *it)
{
	struct session *ses = HOLDER(in, struct session, inbox);
	struct packet k;
	struct sio *s;

	if (packet_decode(it->text.p, it->text.n, &k) < 0)
		bug("a packet that was decoded before is malformed");
	recharge_held(ses);
	namespace_reap(ses);
	if (k.type == PACKET_CONNECT)
		namespace_connect(ses, &k);
	else if ((s = sio_find(ses, k.nsp)) == NULL)
		sio_fail(ses);
	else if (k.type == PACKET_DISCONNECT)
		namespace_disconnect(s);
	else
		handle_event(ses, s, &k, it);
}

static bool
is_event(const struct packet *k)
{
	return k->type == PACKET_EVENT || k->type == PACKET_BINARY_EVENT;
}

static void
queue_packet(struct session *ses, struct inbox_item *it)
{
	if (!inbox_add(&ses->inbox, it))
		eio_drop(ses->eio, CLOSE_POLICY, DROP_LIMIT);
}

/* Take a complete packet. Acknowledgements are not queued: the running handler may be waiting for one. */
static void
take_text(struct session *ses, const struct packet *k, struct inbox_item *it)
{
	struct sio *s = sio_find(ses, k->nsp);
	int64_t wait_s;

	if (k->type == PACKET_ACK || k->type == PACKET_BINARY_ACK) {
		if (s != NULL) {
			sio_answered(s, k->ack, it);
			return;
		}
		inbox_item_free(it);
		sio_fail(ses);
	} else if (is_event(k) && (wait_s = rate_window_take(&ses->window)) > 0) {
		inbox_item_free(it);
		if (s != NULL)
			event_refuse(s, k->ack, E_RATE, wait_s);
	} else if (k->type == PACKET_CONNECT || k->type == PACKET_DISCONNECT) {
		eio_charge(ses->eio, (uint64_t)conf.ws_connect_cost);
		queue_packet(ses, it);
	} else {
		queue_packet(ses, it);
	}
}

static bool
is_well_formed(const struct packet *k)
{
	switch (k->type) {
	case PACKET_DISCONNECT:
		return k->data.n == 0;
	case PACKET_ACK:
	case PACKET_BINARY_ACK:
		return k->ack >= 0 && k->data.n > 0 && *k->data.p == '[';
	default:
		return k->type != PACKET_CONNECT_ERROR;
	}
}

static void
on_text(struct session *ses, char *p, size_t n)
{
	struct inbox_item *it;
	struct packet k;

	if (ses->half != NULL || packet_decode(p, n, &k) < 0 || !is_well_formed(&k)) {
		sio_fail(ses);
		return;
	}
	it = inbox_item((struct str){ p, n });
	if (k.attachments == 0) {
		take_text(ses, &k, it);
		return;
	}
	if ((it->blobs = calloc((size_t)k.attachments, sizeof(struct str))) == NULL)
		abort();
	ses->half = it;
	ses->half_bytes = 0;
}

static void
on_attachment(struct session *ses, const char *p, size_t n)
{
	struct inbox_item *it = ses->half;
	struct packet k;
	char *copy;

	if (it == NULL || ses->half_bytes + n > (size_t)conf.ws_max_payload) {
		sio_fail(ses);
		return;
	}
	if ((copy = malloc(n + 1)) == NULL)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	ses->half_bytes += (uint32_t)n;
	it->blobs[it->n_blobs++] = (struct str){ copy, n };
	if (packet_decode(it->text.p, it->text.n, &k) < 0 || it->n_blobs < k.attachments)
		return;
	ses->half = NULL;
	ses->half_bytes = 0;
	take_text(ses, &k, it);
}

static void
on_eio_message(void *user, bool binary, char *p, size_t n)
{
	struct session *ses = user;

	inbox_ref(&ses->inbox);		/* a handler that ends at once may close it */
	if (binary)
		on_attachment(ses, p, n);
	else
		on_text(ses, p, n);
	recharge_held(ses);
	inbox_put(&ses->inbox);
}

/* --- The session's life --- */

static void
release_session(struct inbox *in)
{
	struct session *ses = HOLDER(in, struct session, inbox);

	namespace_free_all(ses);
	free(ses->bearer);
	slab_free(&all, ses);
}

static void
on_eio_upgrade(void *user)
{
	struct session *ses = user;
	struct sio *s;

	for (s = ses->sockets; s != NULL; s = s->next)
		s->peer.packs = eio_packs(ses->eio);
}

static void
on_eio_close(void *user)
{
	struct session *ses = user;
	struct sio *s;

	for (s = ses->sockets; s != NULL; s = s->next)
		session_store_end(s, false);
	(void)client_budget_hold(ses->eio->budget, -(int64_t)ses->held);
	ses->eio = NULL;
	timeout_stop(&ses->join_timeout);
	namespace_leave_all(ses);
	if (ses->half != NULL)
		inbox_item_free(ses->half);
	ses->half = NULL;
	inbox_close(&ses->inbox);
}

struct session *
sio_session(const struct eio *e)
{
	return e->ops == &session_ops ? e->user : NULL;
}

static const struct inbox_ops inbox_ops = { handle_item, release_session };

static struct session *
new_session(struct eio *e)
{
	struct session *ses = slab_alloc(&all);

	inbox_init(&ses->inbox, &inbox_ops);
	ses->eio = e;
	return ses;
}

struct session *
sio_restore(struct eio *e, bool joining)
{
	struct session *ses = new_session(e);

	e->ops = &session_ops;
	e->user = ses;
	if (joining)
		timeout_start(&joins, &ses->join_timeout);
	return ses;
}

void
sio_open(struct eio *e, const struct handshake_info *h)
{
	struct session *ses = new_session(e);

	ses->since_ms = now_ms();
	ses->english = handshake_info_english(h);
	ses->exact = handshake_info_exact(h);
	if (h->authorization != NULL && strncasecmp(h->authorization, "bearer ", 7) == 0)
		ses->bearer = strdup(h->authorization + 7);
	timeout_start(&joins, &ses->join_timeout);
	eio_begin(e, &session_ops, ses);
}
