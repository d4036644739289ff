/* handover_encode.c -- encodes this process's clients as records for its successor. See handover_records.h.
 * Nothing here changes or yields. */
#include "base/metric.h"
#include "base/version.h"
#include "handover_records.h"
#include "proc/fdpass.h"
#include "proc/handover.h"
#include "proc/relay.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/front.h"
#include "worker/ws/conn/polling.h"
#include "worker/ws/room/catch_up.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/session_store.h"
#include "worker/ws/session/socket_io.h"

enum { PIECE_BYTES = 262144 };

/* The piece that is being filled. */
static struct {
	struct buf	 b;
	int		 fds[FDPASS_MAX];
	int		 n_fds;
	int		(*send)(void *arg, const struct buf *records, const int *fds, int n_fds);
	void		*arg;
	int		 rc;
} piece;

/* --- Parts --- */

static void
encode_queue(const struct queue *q)
{
	struct buf *b = &piece.b;
	uint32_t i;

	handover_int(b, TAG_SENT, q->sent);
	for (i = 0; i < q->n; i++) {
		const struct chunk *c = q->v[q->head + i];
		size_t group = handover_open(b, TAG_CHUNK);

		handover_bytes(b, TAG_BYTES, c->b.p, c->b.n);
		handover_int(b, TAG_POLICY, c->policy);
		handover_int(b, TAG_CODING, c->coding);
		handover_int(b, TAG_COUNT, c->events);
		handover_int(b, TAG_KEY, (int64_t)c->key);
		handover_int(b, TAG_FROM, c->from);
		handover_int(b, TAG_TO, c->to);
		handover_text(b, TAG_ROOM, c->room);
		handover_close(b, group);
	}
}

/* Its fields, into the group or record that is open; its descriptor. */
static void
encode_websocket(const struct sock *s)
{
	const struct sock_rest none = { .sock = NULL }, *rest = s->rest != NULL ? s->rest : &none;
	const struct message *m = &rest->message;
	struct buf *b = &piece.b;

	piece.fds[piece.n_fds++] = s->io.fd;
	handover_int(b, TAG_PACKS, s->packs);
	handover_int(b, TAG_HEARD, s->heard);
	handover_int(b, TAG_CLOSED_BY_PEER, s->state == SOCK_CLOSED);
	handover_bytes(b, TAG_IN, rest->in.p, rest->in.n);
	if (m->opcode != 0) {
		handover_int(b, TAG_OPCODE, m->opcode);
		handover_int(b, TAG_PARTS_PACKED, m->packed);
		handover_bytes(b, TAG_PARTS, m->parts.p, m->parts.n);
		handover_bytes(b, TAG_UTF8, (unsigned char[]){ m->text.need, m->text.lo, m->text.hi }, 3);
	}
	encode_queue(&s->out);
}

static void
encode_polling(const struct eio *e)
{
	size_t group = handover_open(&piece.b, TAG_POLLING);
	struct asker who;

	handover_int(&piece.b, TAG_WAITS, polling_waits(e->polling, &who));
	handover_int(&piece.b, TAG_FRONT, who.front);
	handover_int(&piece.b, TAG_ID, who.id);
	encode_queue(polling_queue(e->polling));
	handover_close(&piece.b, group);
}

static void
encode_item(uint16_t tag, const struct inbox_item *it)
{
	size_t group = handover_open(&piece.b, tag);
	int i;

	handover_bytes(&piece.b, TAG_TEXT, it->text.p, it->text.n);
	for (i = 0; i < it->n_blobs; i++)
		handover_bytes(&piece.b, TAG_BLOB, it->blobs[i].p, it->blobs[i].n);
	handover_close(&piece.b, group);
}

static void
encode_inbox(const struct inbox *in)
{
	const struct inbox_item *it;

	for (it = in->first; it != NULL; it = it->next)
		encode_item(TAG_ITEM, it);
}

/* The oldest last: the successor's list grows at its front. */
static void
encode_members(const struct peer *p)
{
	const struct member *m;
	size_t group;

	handover_int(&piece.b, TAG_FLOOR, p->cursor.position);
	handover_int(&piece.b, TAG_JOINED, p->joined);
	for (m = p->rooms; m != NULL; m = m->next_of_peer) {
		group = handover_open(&piece.b, TAG_MEMBER);
		handover_text(&piece.b, TAG_NAME, m->room->name);
		handover_int(&piece.b, TAG_MEMBER_INDEX, m->index);
		handover_close(&piece.b, group);
	}
}

static void
encode_credential(const struct credential *p)
{
	handover_text(&piece.b, TAG_USER, p->user);
	handover_text(&piece.b, TAG_ROLE, p->role);
	handover_text(&piece.b, TAG_TIER, p->tier);
	handover_text(&piece.b, TAG_TOKEN_SESSION, p->sid);
	handover_text(&piece.b, TAG_TOKEN_ID, p->jti);
	handover_int(&piece.b, TAG_ISSUED, p->issued_ms);
	handover_int(&piece.b, TAG_EXPIRES, p->expires_ms);
}

static void
encode_socket(const struct sio *s)
{
	size_t group = handover_open(&piece.b, TAG_SOCKET);

	handover_int(&piece.b, TAG_DIALECT, s->peer.dialect);
	handover_text(&piece.b, TAG_SOCKET_ID, s->id);
	handover_text(&piece.b, TAG_PID, s->pid);
	if (s->credential != NULL)
		encode_credential(s->credential);
	handover_int(&piece.b, TAG_QUESTION, s->last_question);
	if (timeout_waits(&s->renewal))
		handover_int(&piece.b, TAG_RENEWAL_AT, s->renewal.at_ms);
	encode_members(&s->peer);
	handover_close(&piece.b, group);
}

static void
encode_session(const struct eio *e, const struct session *ses)
{
	struct buf *b = &piece.b;
	const struct sio *s;
	size_t group;

	handover_text(b, TAG_SID, e->sid);
	handover_text(b, TAG_CLIENT, e->budget->client);
	handover_int(b, TAG_PINGED, e->pinged);
	handover_int(b, TAG_BEAT_AT, e->beat.at_ms);
	if (e->sock != NULL) {
		group = handover_open(b, TAG_TRANSPORT);
		encode_websocket(e->sock);
		handover_close(b, group);
	}
	if (e->probe != NULL) {
		group = handover_open(b, TAG_PROBE);
		encode_websocket(e->probe);
		handover_close(b, group);
	}
	if (e->polling != NULL)
		encode_polling(e);
	handover_int(b, TAG_ENGLISH, ses->english);
	handover_int(b, TAG_EXACT, ses->exact);
	handover_int(b, TAG_SINCE, ses->since_ms);
	handover_text(b, TAG_BEARER, ses->bearer);
	handover_int(b, TAG_WINDOW_AT, ses->window.began_ms);
	handover_int(b, TAG_EVENTS, ses->window.events);
	handover_int(b, TAG_JOINING, timeout_waits(&ses->join_timeout));
	if (ses->half != NULL) {
		encode_item(TAG_HALF, ses->half);
		handover_int(b, TAG_HALF_BYTES, ses->half_bytes);
	}
	encode_inbox(&ses->inbox);
	for (s = ses->sockets; s != NULL; s = s->next)
		if (!s->peer.gone)
			encode_socket(s);
}

static void
encode_plain_socket(const struct plain *c)
{
	struct buf *b = &piece.b;

	encode_websocket(c->sock);
	handover_text(b, TAG_CLIENT, c->budget->client);
	handover_int(b, TAG_BEAT_AT, c->beat.at_ms);
	handover_int(b, TAG_PINGED, c->pinged);
	handover_int(b, TAG_ENGLISH, c->english);
	handover_int(b, TAG_SINCE, c->since_ms);
	handover_text(b, TAG_SOCKET_ID, c->id);
	handover_int(b, TAG_WINDOW_AT, c->window.began_ms);
	handover_int(b, TAG_EVENTS, c->window.events);
	encode_inbox(&c->inbox);
	encode_members(&c->peer);
}

/* --- Records --- */

static void
flush_piece(void)
{
	if (piece.rc == 0 && piece.b.n > 0)
		piece.rc = piece.send(piece.arg, &piece.b, piece.fds, piece.n_fds);
	buf_reset(&piece.b);
	piece.n_fds = 0;
}

/* A record of at most HANDOVER_FDS_MAX descriptors begins. */
static size_t
begin_record(enum handover_type type, int *fds_before)
{
	if (piece.b.n >= PIECE_BYTES || piece.n_fds + HANDOVER_FDS_MAX > FDPASS_MAX)
		flush_piece();
	*fds_before = piece.n_fds;
	return handover_begin(&piece.b, (uint8_t)type);
}

static void
encode_process(void)
{
	int before;
	size_t record = begin_record(HANDOVER_PROCESS, &before);

	handover_text(&piece.b, TAG_NAME, session_store_process());
	handover_int(&piece.b, TAG_SEQ, room_newest(0));
	handover_int(&piece.b, TAG_BEHIND, catch_up_any());
	handover_int(&piece.b, TAG_EVERY, eio_ping_every());
	handover_int(&piece.b, TAG_NEWEST, HANDOVER_VERSION);
	handover_text(&piece.b, TAG_BUILD, dure_version);
	handover_end(&piece.b, record, 0);
}

static void
encode_rooms(void)
{
	const struct room *r = NULL;
	size_t slot, record;
	int before;

	while ((r = room_each(&slot, r)) != NULL) {
		record = begin_record(HANDOVER_ROOM, &before);
		handover_text(&piece.b, TAG_NAME, r->name);
		handover_int(&piece.b, TAG_SEQ, r->cursor.position);
		handover_int(&piece.b, TAG_AT, r->created_ms);
		handover_end(&piece.b, record, 0);
	}
}

static void
encode_fronts(void)
{
	const struct relay *relay;
	const struct front *f = NULL;
	uint32_t serial;
	size_t record;
	int i, before;

	while ((f = front_each(f, &serial, &relay)) != NULL) {
		record = begin_record(HANDOVER_FRONT, &before);
		piece.fds[piece.n_fds++] = relay->sock;
		handover_int(&piece.b, TAG_SERIAL, serial);
		handover_bytes(&piece.b, TAG_IN, relay->in.p + relay->taken, relay->in.n - relay->taken);
		handover_bytes(&piece.b, TAG_OUT, relay->out.p, relay->out.n);
		handover_end(&piece.b, record, piece.n_fds - before);
		for (i = 0; i < relay->n_fds; i++) {
			record = begin_record(HANDOVER_DESCRIPTOR, &before);
			piece.fds[piece.n_fds++] = relay->fds[i];
			handover_end(&piece.b, record, piece.n_fds - before);
		}
	}
}

static void
encode_clients(void)
{
	const struct sock *closing = NULL;
	const struct session *ses;
	const struct plain *c;
	struct eio *e = NULL;
	size_t slot, record;
	int before;

	while ((e = eio_each(&slot, e)) != NULL) {
		if ((ses = sio_session(e)) == NULL)
			continue;
		record = begin_record(HANDOVER_SESSION, &before);
		encode_session(e, ses);
		handover_end(&piece.b, record, piece.n_fds - before);
	}
	for (c = plain_first(); c != NULL; c = c->next) {
		record = begin_record(HANDOVER_PLAIN, &before);
		encode_plain_socket(c);
		handover_end(&piece.b, record, piece.n_fds - before);
	}
	while ((closing = sock_each_closing(closing)) != NULL) {
		record = begin_record(HANDOVER_CLOSING, &before);
		encode_websocket(closing);
		handover_end(&piece.b, record, piece.n_fds - before);
	}
}

void
handover_encode_rooms(struct buf *out)
{
	size_t slot, record = handover_begin(out, HANDOVER_ROOMS);
	const struct room *r = NULL;

	while ((r = room_each(&slot, r)) != NULL)
		handover_text(out, TAG_NAME, r->name);
	handover_end(out, record, 0);
}

int
handover_encode_all(int (*send)(void *arg, const struct buf *records, const int *fds, int n_fds), void *arg)
{
	size_t record;
	int before;

	piece.send = send;
	piece.arg = arg;
	piece.rc = 0;
	encode_process();
	encode_rooms();
	encode_fronts();
	encode_clients();
	record = begin_record(HANDOVER_END, &before);
	handover_end(&piece.b, record, 0);
	flush_piece();
	buf_fini(&piece.b);
	return piece.rc;
}
