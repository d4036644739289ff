/* handover_receive.c -- receives a predecessor's clients. See handover_receive.h. Yields: all but the decoding. */
#include "handover_receive.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/version.h"
#include "handover_protocol.h"
#include "handover_records.h"
#include "proc/unixsock.h"
#include "run/co.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/room/room_channel.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/session_store.h"

enum {
	SAY_MS		= 30000,	/* the predecessor's handlers have their time */
	SUBSCRIBE_MS	= 10000,
	TRANSFER_MS	= 20000,
	LOOK_MS		= 2,
	TRIES		= 3,		/* a predecessor that was only late has kept all */
	PAUSE_MS	= 1000,
};

static int
say_hello(struct handover *h, int index)
{
	struct buf b = { 0 };
	size_t record = handover_begin(&b, HANDOVER_HELLO);
	int rc;

	handover_int(&b, TAG_OLDEST, HANDOVER_OLDEST);
	handover_int(&b, TAG_NEWEST, HANDOVER_VERSION);
	handover_text(&b, TAG_BUILD, dure_version);
	handover_int(&b, TAG_INDEX, index);
	handover_end(&b, record, 0);
	rc = handover_say(h, (struct str){ b.p, b.n });
	buf_fini(&b);
	return rc;
}

static void
prepare_rooms(struct str fields)
{
	struct str value;
	uint16_t tag;

	while (handover_field(&fields, &tag, &value))
		if (tag == TAG_NAME)
			room_channel_prepare(arena_copy(co_arena(), value.p, value.n));
}

/* Subscribe to the channels of the rooms that the predecessor names; without Redis, they are subscribed to later. */
static int
hear_rooms(struct handover *h)
{
	int64_t until_ms = mono_ms() + SUBSCRIBE_MS;
	struct handover_record r;
	struct str why;
	int rc;

	if ((rc = handover_hear(h, &r, SAY_MS)) < 0)
		return rc;
	if (r.type == HANDOVER_REFUSED) {
		why = handover_find(r.fields, TAG_REASON);
		log_warn("the predecessor keeps its clients", JN("reason", why));
	}
	if (r.type != HANDOVER_ROOMS)
		return E_FORBIDDEN;
	prepare_rooms(r.fields);
	handover_drop(h, &r);
	while (!room_channel_prepared() && mono_ms() < until_ms && rc == 0)
		rc = co_sleep(LOOK_MS);
	return rc < 0 ? rc : handover_say_type(h, HANDOVER_SUBSCRIBED);
}

/* All records are received before any is decoded. *bytes: their size. */
static int
receive_records(struct handover *h, size_t *bytes)
{
	int64_t until_ms = mono_ms() + TRANSFER_MS, used;
	struct handover_record r = { .type = 0 };
	size_t at = 0, fds = 0;
	int rc;

	while (r.type != HANDOVER_END) {
		used = 0;
		while (r.type != HANDOVER_END && h->in.n > at && (used = handover_record(h->in.p + at, h->in.n - at,
		    &r)) > 0) {
			at += (size_t)used;
			fds += (size_t)r.n_fds;
		}
		if (r.type == HANDOVER_END)
			break;
		if (used < 0 || (rc = handover_read(h)) < 0)
			return E_DOWN;
		if (rc == 0 && (rc = co_wait_fd(h->sock, LOOP_READ, until_ms - mono_ms())) < 0)
			return rc;
	}
	*bytes = at;
	return fds == h->n_fds ? 0 : E_DOWN;
}

/* YOURS is only sent after our ALL_HERE, so none of its bytes have been read yet. */
static int
hear_yours(int sock)
{
	struct handover h = { .sock = sock };
	struct handover_record r;
	int rc = handover_hear(&h, &r, TRANSFER_MS);

	if (rc == 0 && r.type != HANDOVER_YOURS)
		rc = E_BAD_REQUEST;
	buf_fini(&h.in);
	return rc;
}

static void
receive_all(struct handover *h, size_t bytes)
{
	struct handover_record r;
	size_t at = 0, fds = 0;
	int left_out;

	while (at < bytes) {
		at += (size_t)handover_record(h->in.p + at, h->in.n - at, &r);
		handover_decode(&r, h->fds + fds);
		fds += (size_t)r.n_fds;
	}
	h->n_fds = 0;		/* they belong to the owners that use them */
	left_out = handover_decode_end();
	if (left_out > 0)
		log_error("some clients could not be taken over", JI("records", left_out));
}

static int
converse(struct handover *h, int index)
{
	int64_t began_ms = mono_ms();
	size_t bytes;
	int rc;

	if ((rc = say_hello(h, index)) < 0 || (rc = hear_rooms(h)) < 0 || (rc = hear_rooms(h)) < 0 ||
	    (rc = receive_records(h, &bytes)) < 0 || (rc = handover_say_type(h, HANDOVER_ALL_HERE)) < 0)
		return rc;
	if ((rc = hear_yours(h->sock)) < 0)
		return rc;
	handover_still_begin();
	receive_all(h, bytes);
	room_channel_take_over();
	handover_still_end();
	log_info("clients were taken over", JI("sessions", (int64_t)eio_count()), JI("plain", plain_count()),
	    JI("bytes", (int64_t)bytes), JI("ms", mono_ms() - began_ms));
	return 0;
}

static int
try_predecessor(int index)
{
	char name[UNIXSOCK_NAME_BYTES];
	struct handover h = { .sock = unixsock_connect(conf.run_dir, unixsock_handover_name(name, index)) };
	int rc = h.sock < 0 ? E_NOT_FOUND : converse(&h, index);

	handover_fini(&h);
	return rc;
}

bool
handover_receive_clients(int index)
{
	int i, rc = try_predecessor(index);

	for (i = 1; i < TRIES && rc < 0 && rc != E_NOT_FOUND && rc != E_FORBIDDEN && co_sleep(PAUSE_MS) == 0; i++)
		rc = try_predecessor(index);
	if (rc == 0)
		return true;
	room_channel_take_over();
	session_store_succeed(NULL);
	if (rc != E_NOT_FOUND)
		log_warn("clients are not taken over", JS("reason", err_row(rc)->code));
	return rc == E_NOT_FOUND;
}
