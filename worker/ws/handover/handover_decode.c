/* handover_decode.c -- decodes a predecessor's clients. See handover_records.h. Nothing here yields.
 *
 *
 * All records are decoded within one turn of the loop; handlers start with handover_decode_end.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "handover_records.h"
#include "proc/handover.h"
#include "proc/relay.h"
#include "worker/domain/identity/token.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/front.h"
#include "worker/ws/conn/polling.h"
#include "worker/ws/room/room_channel.h"
#include "worker/ws/session/namespace.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/session_store.h"
#include "worker/ws/session/socket_io.h"
#include "worker/ws/wire/encode.h"

/* Timeouts, which have to be sorted before they are started. */
struct timed {
	int64_t		 at_ms;
	bool		 pinged;
	struct eio	*eio;		/* its heartbeat; NULL: */
	struct sio	*sio;		/* its renewal */
};
static struct {
	struct timed	*v;
	size_t		 n, cap;
	struct relay	*front;		/* the last one, for its descriptors */
	struct arena	 mem;
	bool		 begun;
	int		 left_out;
} work;

static void
keep_timeout(struct timed t)
{
	if (work.n == work.cap) {
		work.cap = 2 * work.cap + 64;
		if ((work.v = realloc(work.v, work.cap * sizeof(*work.v))) == NULL)
			abort();
	}
	work.v[work.n++] = t;
}

/* With a NUL; NULL when there is none. */
static const char *
text_of(struct str fields, uint16_t tag)
{
	struct str s = handover_find(fields, tag);

	return s.p == NULL ? NULL : arena_copy(&work.mem, s.p, s.n);
}

/* --- Parts --- */

static struct chunk *
decode_chunk(struct str f)
{
	struct str bytes = handover_find(f, TAG_BYTES), room = handover_find(f, TAG_ROOM);
	struct chunk *c = chunk_new();

	buf_add(&c->b, bytes.p, bytes.n);
	c->policy = (uint8_t)handover_find_int(f, TAG_POLICY);
	c->coding = (uint8_t)handover_find_int(f, TAG_CODING);
	c->events = (uint32_t)handover_find_int(f, TAG_COUNT);
	c->key = (uint64_t)handover_find_int(f, TAG_KEY);
	c->from = handover_find_int(f, TAG_FROM);
	c->to = handover_find_int(f, TAG_TO);
	if (room.p != NULL && (c->room = strndup(room.p, room.n)) == NULL)
		abort();
	if (c->room == NULL || c->policy > CHUNK_GAP || c->coding >= CHUNK_SLOTS)
		c->policy = CHUNK_KEEP;
	return c;
}

/* The next chunk of the queue; NULL at the end. */
static struct chunk *
next_chunk(struct str *fields)
{
	struct str value;
	uint16_t tag;

	while (handover_field(fields, &tag, &value))
		if (tag == TAG_CHUNK && value.n > 0)
			return decode_chunk(value);
	return NULL;
}

static enum pack
find_pack(struct str f)
{
	int64_t pack = handover_find_int(f, TAG_PACKS);

	return pack == PACK_IN ? PACK_IN : pack != 0 ? PACK_BOTH : PACK_NONE;
}

static void
fill_websocket(struct sock *s, struct str f, bool closing)
{
	struct str in = handover_find(f, TAG_IN), parts = handover_find(f, TAG_PARTS),
	    utf8 = handover_find(f, TAG_UTF8), rest = f;
	struct message m = { .opcode = (int)handover_find_int(f, TAG_OPCODE),
	    .packed = handover_find_int(f, TAG_PARTS_PACKED) != 0 };
	struct chunk *c;

	if (utf8.n == 3)
		m.text = (struct utf8){ (unsigned char)utf8.p[0], (unsigned char)utf8.p[1], (unsigned char)utf8.p[2] };
	if (in.n > 0 || m.opcode != 0) {
		buf_add(&m.parts, parts.p, parts.n);
		buf_add(&sock_need_rest(s)->in, in.p, in.n);
		s->rest->message = m;
	}
	s->heard = handover_find_int(f, TAG_HEARD) != 0;
	while ((c = next_chunk(&rest)) != NULL) {
		sock_push(s, c);
		chunk_put(&c);
	}
	sock_restore(s, (uint32_t)handover_find_int(f, TAG_SENT), !closing ? SOCK_OPEN :
	    handover_find_int(f, TAG_CLOSED_BY_PEER) != 0 ? SOCK_CLOSED : SOCK_CLOSING);
}

static void
fill_polling(struct eio *e, struct str f)
{
	struct asker who = { (uint32_t)handover_find_int(f, TAG_FRONT), (uint32_t)handover_find_int(f, TAG_ID) };
	struct chunk *c;
	struct str rest = f;

	eio_poll(e);
	while ((c = next_chunk(&rest)) != NULL) {
		polling_push(e->polling, c);
		chunk_put(&c);
	}
	if (handover_find_int(f, TAG_WAITS) != 0)
		polling_get(e->polling, who);
}

/* How many fields of this tag there are. */
static size_t
count_fields(struct str fields, uint16_t what)
{
	struct str value;
	uint16_t tag;
	size_t n = 0;

	while (handover_field(&fields, &tag, &value))
		n += tag == what;
	return n;
}

/* `room` for more attachments than have come. */
static struct inbox_item *
decode_item(struct str f, size_t room)
{
	struct inbox_item *it = inbox_item(handover_find(f, TAG_TEXT));
	size_t n = count_fields(f, TAG_BLOB);
	struct str value;
	uint16_t tag;
	char *copy;

	if (n + room == 0)
		return it;
	if ((it->blobs = calloc(n + room, sizeof(struct str))) == NULL)
		abort();
	while (handover_field(&f, &tag, &value)) {
		if (tag != TAG_BLOB)
			continue;
		if ((copy = malloc(value.n + 1)) == NULL)
			abort();
		memcpy(copy, value.p, value.n);
		it->blobs[it->n_blobs++] = (struct str){ copy, value.n };
	}
	return it;
}

static void
fill_inbox(struct inbox *in, struct str f)
{
	struct str value;
	uint16_t tag;

	while (handover_field(&f, &tag, &value))
		if (tag == TAG_ITEM)
			(void)inbox_add(in, decode_item(value, 0));
}

static void
enter_room(struct peer *p, struct str f)
{
	const char *name = text_of(f, TAG_NAME);
	struct member *m = name != NULL ? room_enter(p, name, ROOM_ENTERED) : NULL;

	if (m != NULL)
		m->index = (uint32_t)handover_find_int(f, TAG_MEMBER_INDEX);
}

static void
fill_rooms(struct peer *p, struct str f)
{
	struct str value, rest = f;
	uint16_t tag;

	while (handover_field(&rest, &tag, &value))
		if (tag == TAG_MEMBER)
			enter_room(p, value);
	(void)cursor_advance(&p->cursor, handover_find_int(f, TAG_FLOOR));
	p->joined = (uint32_t)handover_find_int(f, TAG_JOINED);
}

static void
decode_socket(struct session *ses, struct str f)
{
	struct token t = {
		.sub = text_of(f, TAG_USER), .role = text_of(f, TAG_ROLE), .tier = text_of(f, TAG_TIER),
		.sid = text_of(f, TAG_TOKEN_SESSION), .jti = text_of(f, TAG_TOKEN_ID),
		.iat_s = handover_find_int(f, TAG_ISSUED) / 1000,
		.exp_s = handover_find_int(f, TAG_EXPIRES) / 1000,
	};
	const char *id = text_of(f, TAG_SOCKET_ID), *pid = text_of(f, TAG_PID);
	int64_t d = handover_find_int(f, TAG_DIALECT), renewal_ms = handover_find_int(f, TAG_RENEWAL_AT);
	struct sio *s;

	if (id == NULL || pid == NULL || d < 0 || d >= DIALECT_PLAIN) {
		work.left_out++;
		return;
	}
	eio_widen(ses->eio);
	s = namespace_restore(ses, (enum dialect)d, id, pid, &t);
	s->last_question = (uint32_t)handover_find_int(f, TAG_QUESTION);
	fill_rooms(&s->peer, f);
	if (renewal_ms > 0)
		keep_timeout((struct timed){ .at_ms = renewal_ms, .sio = s });
	namespace_restored(s);
}

static void
fill_session(struct session *ses, struct str f)
{
	struct str bearer = handover_find(f, TAG_BEARER), half = handover_find(f, TAG_HALF), rest = f, value;
	struct packet k;
	uint16_t tag;

	ses->english = handover_find_int(f, TAG_ENGLISH) != 0;
	ses->exact = handover_find_int(f, TAG_EXACT) != 0;
	ses->since_ms = handover_find_int(f, TAG_SINCE);
	ses->window.began_ms = handover_find_int(f, TAG_WINDOW_AT);
	ses->window.events = (uint32_t)handover_find_int(f, TAG_EVENTS);
	ses->half_bytes = (uint32_t)handover_find_int(f, TAG_HALF_BYTES);
	if (bearer.p != NULL && (ses->bearer = strndup(bearer.p, bearer.n)) == NULL)
		abort();
	if (half.p != NULL) {
		struct str text = handover_find(half, TAG_TEXT);

		if (packet_decode(text.p, text.n, &k) == 0 && k.attachments > 0)
			ses->half = decode_item(half, (size_t)k.attachments);
	}
	while (handover_field(&rest, &tag, &value))
		if (tag == TAG_SOCKET)
			decode_socket(ses, value);
	fill_inbox(&ses->inbox, f);
}

/* --- Records --- */

static void
decode_process(const struct handover_record *r, const int *fds)
{
	const char *name = text_of(r->fields, TAG_NAME);

	(void)fds;
	room_newest(handover_find_int(r->fields, TAG_SEQ));
	eio_ping_within(handover_find_int(r->fields, TAG_EVERY));
	if (handover_find_int(r->fields, TAG_BEHIND) != 0)
		room_channel_restore_gap();
	session_store_succeed(name);
}

static void
decode_room(const struct handover_record *r, const int *fds)
{
	const char *name = text_of(r->fields, TAG_NAME);

	(void)fds;
	if (name != NULL)
		room_channel_restore(name, handover_find_int(r->fields, TAG_SEQ), handover_find_int(r->fields, TAG_AT));
}

static void
decode_front(const struct handover_record *r, const int *fds)
{
	work.front = front_restore((uint32_t)handover_find_int(r->fields, TAG_SERIAL), fds[0],
	    handover_find(r->fields, TAG_IN), handover_find(r->fields, TAG_OUT));
}

static void
decode_descriptor(const struct handover_record *r, const int *fds)
{
	(void)r;
	if (work.front != NULL && work.front->n_fds < RELAY_FDS_MAX)
		work.front->fds[work.front->n_fds++] = fds[0];
	else
		close(fds[0]);
}

/* Counted; a predecessor that knew of no budgets sends none. */
static struct client_budget *
budget_of(const struct handover_record *r)
{
	const char *client = text_of(r->fields, TAG_CLIENT);

	return client_budget_named(client != NULL ? client : "");
}

static void
decode_session(const struct handover_record *r, const int *fds)
{
	struct str transport = handover_find(r->fields, TAG_TRANSPORT), probe = handover_find(r->fields, TAG_PROBE);
	struct str polling = handover_find(r->fields, TAG_POLLING);
	const char *sid = text_of(r->fields, TAG_SID);
	struct client_budget *budget;
	int i, wanted = (transport.p != NULL) + (probe.p != NULL);
	struct session *ses;
	struct sock *s;
	struct eio *e;

	if (sid == NULL || strlen(sid) != EIO_SID_BYTES - 1 || wanted != r->n_fds ||
	    (transport.p == NULL) == (polling.p == NULL)) {
		for (i = 0; i < r->n_fds; i++)
			close(fds[i]);
		work.left_out++;
		return;
	}
	budget = budget_of(r);
	e = eio_restore(sid, budget);
	client_budget_put(&budget);
	ses = sio_restore(e, handover_find_int(r->fields, TAG_JOINING) != 0);
	if (transport.p != NULL)
		fill_websocket(eio_attach(e, *fds++, find_pack(transport)), transport, false);
	else
		fill_polling(e, polling);
	if (probe.p != NULL && (s = eio_probe(e, *fds, find_pack(probe))) != NULL)
		fill_websocket(s, probe, false);
	else if (probe.p != NULL)
		close(*fds);
	keep_timeout((struct timed){ .at_ms = handover_find_int(r->fields, TAG_BEAT_AT),
	    .pinged = handover_find_int(r->fields, TAG_PINGED) != 0, .eio = e });
	fill_session(ses, r->fields);
}

/* A predecessor of an older version has none. */
static void
fill_id(struct plain *c, struct str id)
{
	if (id.n == 0 || id.n >= sizeof(c->id))
		return;
	memcpy(c->id, id.p, id.n);
	c->id[id.n] = '\0';
}

static void
decode_plain(const struct handover_record *r, const int *fds)
{
	struct client_budget *budget = budget_of(r);
	struct plain *c = plain_restore(budget, fds[0], find_pack(r->fields),
	    handover_find_int(r->fields, TAG_BEAT_AT));

	client_budget_put(&budget);
	c->pinged = handover_find_int(r->fields, TAG_PINGED) != 0;
	c->english = handover_find_int(r->fields, TAG_ENGLISH) != 0;
	c->since_ms = handover_find_int(r->fields, TAG_SINCE);
	fill_id(c, handover_find(r->fields, TAG_SOCKET_ID));
	c->window.began_ms = handover_find_int(r->fields, TAG_WINDOW_AT);
	c->window.events = (uint32_t)handover_find_int(r->fields, TAG_EVENTS);
	fill_websocket(c->sock, r->fields, false);
	fill_rooms(&c->peer, r->fields);
	fill_inbox(&c->inbox, r->fields);
}

static void
decode_closing(const struct handover_record *r, const int *fds)
{
	struct client_budget *budget = budget_of(r);

	fill_websocket(sock_new(fds[0], find_pack(r->fields), budget, NULL, NULL), r->fields,
	    true);
	client_budget_put(&budget);
}

static const struct {
	uint8_t	 type;
	int	 fds;		/* it must have; -1: it says */
	void	(*take)(const struct handover_record *r, const int *fds);
} takers[] = {
	{ HANDOVER_PROCESS,	0,  decode_process },
	{ HANDOVER_ROOM,		0,  decode_room },
	{ HANDOVER_FRONT,	1,  decode_front },
	{ HANDOVER_DESCRIPTOR,	1,  decode_descriptor },
	{ HANDOVER_SESSION,	-1, decode_session },
	{ HANDOVER_PLAIN,	1,  decode_plain },
	{ HANDOVER_CLOSING,	1,  decode_closing },
};

void
handover_decode(const struct handover_record *r, const int *fds)
{
	size_t i;
	int k;

	if (!work.begun)
		arena_init(&work.mem, 65536);
	work.begun = true;
	arena_reset(&work.mem);
	for (i = 0; i < NELEM(takers); i++) {
		if (takers[i].type == r->type && (takers[i].fds == r->n_fds || takers[i].fds < 0)) {
			takers[i].take(r, fds);
			return;
		}
	}
	for (k = 0; k < r->n_fds; k++)
		close(fds[k]);
	work.left_out += r->type != HANDOVER_END;
}

static int
by_time(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

static void
start_timeouts(void)
{
	size_t i;

	if (work.n > 0)
		qsort(work.v, work.n, sizeof(*work.v), by_time);
	for (i = 0; i < work.n; i++) {
		const struct timed *t = &work.v[i];

		if (t->eio != NULL && !t->eio->closed)
			eio_restore_beat(t->eio, t->pinged, t->at_ms);
		else if (t->sio != NULL && !t->sio->peer.gone)
			session_store_restore(t->sio, t->at_ms);
	}
}

int
handover_decode_end(void)
{
	int left_out = work.left_out;

	if (!work.begun)
		return 0;
	start_timeouts();
	free(work.v);
	arena_fini(&work.mem);
	memset(&work, 0, sizeof(work));
	return left_out;
}
