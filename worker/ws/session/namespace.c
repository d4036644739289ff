/* namespace.c -- entering and leaving namespaces. See namespace.h. */
#include "namespace.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/slab.h"
#include "recover.h"
#include "room_hooks.h"
#include "run/co.h"
#include "session_store.h"
#include "worker/domain/core/room_log.h"
#include "worker/domain/identity/admission.h"
#include "worker/ws/wire/encode.h"

/* The client of the protocol suites loses a packet that arrives in one read with the one before. */
enum { TEST_PAUSE_MS = 30 };

enum { CONNECT_MS = 10000 };

static struct slab sockets = { .size = sizeof(struct sio) };

/* --- Access --- */

/* Without its "Bearer ", which some clients put before. */
static const char *
bare_token(const char *text)
{
	return text != NULL && strncasecmp(text, "bearer ", 7) == 0 ? text + 7 : text;
}

/* The token that the client shows: `auth.token` of its CONNECT, else that of its Authorization header. NULL: none. */
static int
find_token(const struct session *ses, const struct json *auth, const char **out)
{
	const struct json *given = json_get(auth, "token");

	*out = ses->bearer;
	if (given == NULL || json_type(given) == JSON_NULL)
		return 0;
	if (json_type(given) != JSON_STRING)
		return E_TOKEN;
	if (*json_str(given) != '\0')
		*out = bare_token(json_str(given));
	return 0;
}

static bool
needs_token(enum dialect d)
{
	return d != DIALECT_ROOT || strcmp(conf.ws_root_auth, "required") == 0;
}

static bool
is_test(enum dialect d)
{
	return conf.ws_protocol_test && (d == DIALECT_ROOT || d == DIALECT_CUSTOM);
}

/* Whether the client may enter; t->sub is NULL for an anonymous one. */
static int
admit_token(const struct session *ses, enum dialect d, const struct json *auth, struct token *t)
{
	const char *text;
	int rc;

	*t = (struct token){ 0 };
	if (is_test(d))
		return 0;
	if ((rc = find_token(ses, auth, &text)) < 0)
		return rc;
	if (text != NULL)
		return admission_verify(co_arena(), text, t);
	return needs_token(d) ? E_UNAUTHORIZED : 0;
}

/* --- Passes --- */

static void
on_expired(struct loop_timer *t)
{
	namespace_expel(t->arg, E_TOKEN_EXPIRED);
}

static void
on_revoked(void *arg)
{
	namespace_expel(arg, E_TOKEN_REVOKED);
}

void
namespace_start(void)
{
	credential_start(on_revoked);
	admission_start();
}

static void
set_credential(struct sio *s, const struct token *t)
{
	struct credential *old = s->credential;

	s->credential = credential_new(t, on_expired, s);
	s->user = s->credential->user;
	credential_free(&old);
}

int
namespace_refresh(struct sio *s, struct arena *mem, const char *token, struct token *t)
{
	struct sio *other;
	int rc;

	if ((rc = admission_verify(mem, bare_token(token), t)) < 0)
		return rc;
	if (s->peer.gone)
		return E_CANCELED;
	if (s->user != NULL && strcmp(s->user, t->sub) != 0)
		return E_FORBIDDEN;
	for (other = s->session->sockets; other != NULL; other = other->next)
		if (!other->peer.gone && (other == s || (other->user != NULL && strcmp(other->user, t->sub) == 0))) {
			set_credential(other, t);
			session_store_socket(other);
		}
	return 0;
}

/* --- Entering --- */

static void
refuse_namespace(struct session *ses, struct str nsp, const char *message, int rc)
{
	struct arena *mem = co_arena();
	struct str data = rc < 0 ? json_obj(mem, JS("code", err_row(rc)->code)) : (struct str){ 0 };

	sio_packet(ses, PACKET_CONNECT_ERROR, arena_copy(mem, nsp.p, nsp.n), -1,
	    json_obj(mem, JS("message", message), JIF(rc < 0, JR("data", data))));
}

static void
deliver_chunk(struct peer *p, struct chunk *c)
{
	struct sio *s = HOLDER(p, struct sio, peer);

	if (s->session->eio != NULL && !p->gone)
		eio_push(s->session->eio, c);
}

static void
on_moved(struct peer *p, const struct member *m, enum room_move move)
{
	session_store_room(HOLDER(p, struct sio, peer), m, move != ROOM_LEFT);
	room_hooks_moved(HOLDER(p, struct sio, peer), m->room->name, move);
}

static struct sio *
new_socket(struct session *ses, enum dialect d)
{
	struct sio *s = slab_alloc(&sockets);

	session_name_make(s->id);
	session_name_make(s->pid);
	s->peer.deliver = deliver_chunk;
	s->peer.moved = on_moved;
	s->peer.dialect = (uint8_t)d;
	s->peer.packs = eio_packs(ses->eio);
	s->peer.exact = ses->exact;
	s->session = ses;
	s->next = ses->sockets;
	ses->sockets = s;
	timeout_stop(&ses->join_timeout);
	return s;
}

/* The namespace of this name, -1 when there is none. */
static int
find_namespace(struct str nsp)
{
	int d;

	for (d = 0; d < DIALECT_PLAIN; d++)
		if (str_eq(nsp, str_of(dialect_namespace((enum dialect)d))))
			return d == DIALECT_CUSTOM && !conf.ws_protocol_test ? -1 : d;
	return -1;
}

static void
say_connected(struct sio *s)
{
	sio_packet(s->session, PACKET_CONNECT, dialect_namespace(s->peer.dialect), -1,
	    json_obj(co_arena(), JS("sid", s->id), JIF(room_log_on(), JS("pid", s->pid))));
}

/* It is in: new, or as it was before its connection was cut. */
static void
welcome_socket(struct sio *s, struct str auth, struct recovery *r)
{
	struct arena *mem = co_arena();

	say_connected(s);
	if (r != NULL)
		session_store_socket(s);
	else
		session_store_new(s);
	if (is_test(s->peer.dialect)) {
		(void)co_sleep(TEST_PAUSE_MS);
		sio_emit(s, "auth", auth.n > 0 ? auth : STR("{}"));
	} else if (s->peer.dialect == DIALECT_ROOT) {
		(void)room_enter(&s->peer, ROOM_ALL, ROOM_ENTERED);
		sio_emit(s, "connected", json_obj(mem, JS("clientId", s->id)));
	}
	if (r != NULL)
		recover_finish(s, r);
}

void
namespace_connect(struct session *ses, const struct packet *k)
{
	int rc, d = find_namespace(k->nsp);
	const struct json *auth = NULL;
	struct recovery *r;
	struct token t;
	struct sio *s;

	co_set_deadline(CONNECT_MS);
	if ((s = sio_find(ses, k->nsp)) != NULL) {
		/* every CONNECT is answered; the client library sends two when its user is impatient */
		say_connected(s);
		return;
	}
	if (k->data.n > 0 && (json_parse(co_arena(), k->data.p, k->data.n, &auth) < 0 ||
	    json_type(auth) != JSON_OBJECT)) {
		sio_fail(ses);
	} else if (d < 0) {
		refuse_namespace(ses, k->nsp, "Invalid namespace", 0);
	} else if ((rc = admit_token(ses, (enum dialect)d, auth, &t)) < 0 && ses->eio != NULL) {
		refuse_namespace(ses, k->nsp, ses->english ? err_row(rc)->en : err_row(rc)->ko, rc);
	} else if (rc == 0 && ses->eio != NULL) {
		eio_widen(ses->eio);
		s = new_socket(ses, (enum dialect)d);
		if (t.sub != NULL)
			set_credential(s, &t);
		r = recover_begin(s, auth);
		if (!s->peer.gone)
			welcome_socket(s, k->data, r);
	}
}

/* --- Coming from a predecessor --- */

struct sio *
namespace_restore(struct session *ses, enum dialect d, const char *id, const char *pid, const struct token *t)
{
	struct sio *s = new_socket(ses, d);

	memcpy(s->id, id, strnlen(id, sizeof(s->id) - 1) + 1);
	memcpy(s->pid, pid, strnlen(pid, sizeof(s->pid) - 1) + 1);
	s->peer.moved = NULL;
	if (t->sub != NULL)
		set_credential(s, t);
	return s;
}

void
namespace_restored(struct sio *s)
{
	s->peer.moved = on_moved;
	room_hooks_restored(s);
	if (s->credential != NULL && revoked_has(s->credential->jti, s->credential->sid, s->credential->user,
	    s->credential->issued_ms))
		namespace_expel(s, E_TOKEN_REVOKED);
}

/* --- Leaving --- */

static void
leave_namespace(struct sio *s)
{
	session_store_end(s, true);
	room_hooks_leave_all(s);
	room_leave_all(&s->peer);
	sio_forget_questions(s);
	s->user = NULL;
	credential_free(&s->credential);
}

void
namespace_disconnect(struct sio *s)
{
	leave_namespace(s);
	namespace_reap(s->session);
}

void
namespace_eject(struct sio *s)
{
	sio_packet(s->session, PACKET_DISCONNECT, dialect_namespace(s->peer.dialect), -1, (struct str){ 0 });
	leave_namespace(s);
}

void
namespace_expel(struct sio *s, int rc)
{
	const struct err_row *row = err_row(rc);
	struct arena mem;

	arena_init(&mem, 512);
	sio_emit(s, "error", json_obj(&mem, JS("type", "auth-error"), JS("code", row->code),
	    JS("message", s->session->english ? row->en : row->ko), JS("severity", "warning")));
	arena_fini(&mem);
	namespace_eject(s);
}

void
namespace_reap(struct session *ses)
{
	struct sio **at = &ses->sockets, *s;

	while ((s = *at) != NULL) {
		if (!s->peer.gone) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		slab_free(&sockets, s);
	}
}

void
namespace_leave_all(struct session *ses)
{
	struct sio *s;

	for (s = ses->sockets; s != NULL; s = s->next)
		leave_namespace(s);
}

void
namespace_free_all(struct session *ses)
{
	struct sio *s;

	while ((s = ses->sockets) != NULL) {
		ses->sockets = s->next;
		slab_free(&sockets, s);
	}
}
