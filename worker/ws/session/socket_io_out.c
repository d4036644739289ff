/* socket_io_out.c -- the sockets of a session and what is sent to them: events, acknowledgements, requests for one.
 * See socket_io.h. */
#include "socket_io.h"

#include "base/err.h"
#include "base/json.h"
#include "base/metric.h"
#include "run/co.h"
#include "worker/domain/core/caller.h"
#include "worker/ws/wire/encode.h"

/* --- Sockets --- */

struct sio *
sio_find(const struct session *ses, struct str nsp)
{
	struct sio *s = ses->sockets;

	while (s != NULL && (s->peer.gone || !str_eq(nsp, str_of(dialect_namespace(s->peer.dialect)))))
		s = s->next;
	return s;
}

struct caller
sio_caller(const struct sio *s, struct arena *mem)
{
	const char *role = s->credential != NULL ? s->credential->role : NULL;

	return (struct caller){ .user = arena_strdup(mem, s->user != NULL ? s->user : ""), .admin = role != NULL &&
	    strcmp(role, "admin") == 0 };
}

void
sio_fail(struct session *ses)
{
	if (ses->eio != NULL)
		eio_drop(ses->eio, CLOSE_PROTOCOL, DROP_PROTOCOL);
}

/* --- Out --- */

void
sio_packet(struct session *ses, enum packet_type type, const char *nsp, int64_t ack, struct str data)
{
	struct buf text = { 0 };

	if (ses->eio == NULL)
		return;
	buf_byte(&text, '4');
	packet_head(&text, type, 0, nsp, ack);
	buf_add(&text, data.p, data.n);
	eio_send(ses->eio, FRAME_TEXT, text.p, text.n);
	buf_fini(&text);
}

static void
emit_args(struct sio *s, const char *event, struct str payload, int64_t ack)
{
	struct chunk *c;

	if (s->peer.gone)
		return;
	c = chunk_new();
	encode_emit(&c->b, coding_of(&s->peer), ack, str_of(event), payload);
	s->peer.deliver(&s->peer, c);
	chunk_put(&c);
	metric_add(M_WS_DELIVERIES, 0, 1);
}

void
sio_emit(struct sio *s, const char *event, struct str payload)
{
	emit_args(s, event, payload, -1);
}

void
sio_ack(struct sio *s, int64_t ack, struct str payload)
{
	struct buf data = { 0 };

	buf_byte(&data, '[');
	buf_add(&data, payload.p, payload.n);
	buf_byte(&data, ']');
	sio_send(s, PACKET_ACK, ack, (struct str){ data.p, data.n }, NULL);
	buf_fini(&data);
}

void
sio_send(struct sio *s, enum packet_type type, int64_t ack, struct str args, const struct attachments *a)
{
	int i, n = a != NULL ? a->n : 0;
	struct buf text = { 0 };

	if (s->peer.gone || s->session->eio == NULL)
		return;
	if (n > 0)
		type = type == PACKET_ACK ? PACKET_BINARY_ACK : PACKET_BINARY_EVENT;
	buf_byte(&text, '4');
	packet_head(&text, type, n, dialect_namespace(s->peer.dialect), ack);
	buf_add(&text, args.p, args.n);
	eio_send(s->session->eio, FRAME_TEXT, text.p, text.n);
	for (i = 0; i < n; i++)
		eio_send(s->session->eio, FRAME_BINARY, a->v[i].p, a->v[i].n);
	buf_fini(&text);
}

/* --- Questions --- */

/* In the arena of the coroutine that waits. */
struct question {
	struct question	*next;
	struct sio	*s;		/* NULL: answered, or forgotten */
	struct co	*co;
	struct inbox_item *item;	/* the answer */
	uint32_t	 id;
};

static struct question *
take_question(struct sio *s, int64_t id)
{
	struct question **at = &s->questions, *q;

	while ((q = *at) != NULL && q->id != id)
		at = &q->next;
	if (q != NULL) {
		*at = q->next;
		q->s = NULL;
	}
	return q;
}

void
sio_answered(struct sio *s, int64_t ack, struct inbox_item *it)
{
	struct question *q = take_question(s, ack);

	if (q == NULL) {	/* no acknowledgement is awaited any more */
		inbox_item_free(it);
		return;
	}
	q->item = it;
	co_wake(q->co);
}

void
sio_forget_questions(struct sio *s)
{
	struct question *q;

	while ((q = s->questions) != NULL) {
		take_question(s, q->id);
		co_wake(q->co);
	}
}

/* Copy the answer into the arena. */
static int
read_answer(struct inbox_item *it, struct answer *out)
{
	struct arena *mem = co_arena();
	struct packet k;
	struct str *v;
	int i, rc;

	if ((rc = packet_decode(it->text.p, it->text.n, &k)) < 0 ||
	    (rc = json_parse(mem, k.data.p, k.data.n, &out->args)) < 0)
		return rc;
	v = arena_alloc(mem, ((size_t)it->n_blobs + 1) * sizeof(*v));
	for (i = 0; i < it->n_blobs; i++)
		v[i] = (struct str){ arena_copy(mem, it->blobs[i].p, it->blobs[i].n), it->blobs[i].n };
	out->attachments = (struct attachments){ v, it->n_blobs };
	return json_type(out->args) == JSON_ARRAY ? 0 : E_BAD_REQUEST;
}

int
sio_ask(struct sio *s, const char *event, struct str payload, int64_t timeout_ms, struct answer *out)
{
	struct question *q = arena_zalloc(co_arena(), sizeof(*q));
	int rc = 0;

	if (s->peer.gone)
		return E_CANCELED;
	*q = (struct question){ .next = s->questions, .s = s, .co = co_self(), .id = ++s->last_question };
	s->questions = q;
	emit_args(s, event, payload, q->id);
	while (q->s != NULL && rc == 0)
		rc = co_park(timeout_ms);
	if (q->s != NULL)
		take_question(q->s, q->id);
	if (q->item == NULL)
		return rc < 0 ? rc : E_CANCELED;
	rc = read_answer(q->item, out);
	inbox_item_free(q->item);
	return rc;
}
