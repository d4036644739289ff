/* handover_send.c -- hands all clients over to a successor. See handover_send.h. Yields: send_to_successor.
 *
 *
 * First the successor subscribes to all channels of this process. Then input is frozen: what clients send waits
 * in the kernel, while events are still delivered. When the last handler has ended and a barrier has passed, the
 * transfer runs within one turn of the loop, so no event is sent twice. A failure before YOURS means that this
 * process resumes.
 */
#include "handover_send.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/version.h"
#include "handover_protocol.h"
#include "handover_records.h"
#include "proc/unixsock.h"
#include "run/co.h"
#include "run/listener.h"
#include "worker/child.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/inbox.h"
#include "worker/ws/conn/polling.h"
#include "worker/ws/room/barrier.h"
#include "worker/ws/room/catch_up.h"
#include "worker/ws/session/plain.h"

enum {
	HELLO_MS	= 2000,
	SUBSCRIBE_MS	= 20000,
	CATCH_UP_MS	= 8000,
	HANDLERS_MS	= 7000,		/* a handler has 5 s, as a rule */
	TRANSFER_MS	= 20000,
	LOOK_MS		= 5,
	POLL_MS		= 50,
	PREDECESSOR_MS	= 100,
};

static struct listener listener = { .io.fd = -1 };
static int own_index;
static void	(*end_turn)(void);
static struct loop_timer look;	/* polls whether a predecessor still listens at our address */
static bool giving;

static int
refuse_successor(struct handover *h, const char *why)
{
	struct buf b = { 0 };
	size_t record = handover_begin(&b, HANDOVER_REFUSED);

	log_warn("clients are not handed on", JS("reason", why));
	handover_text(&b, TAG_REASON, why);
	handover_text(&b, TAG_BUILD, dure_version);
	handover_end(&b, record, 0);
	(void)handover_say(h, (struct str){ b.p, b.n });
	buf_fini(&b);
	return E_FORBIDDEN;
}

static int
hear_hello(struct handover *h)
{
	struct handover_record r;
	int64_t oldest, newest;
	struct str build;
	int rc;

	if ((rc = handover_hear(h, &r, HELLO_MS)) < 0)
		return rc;
	if (r.type != HANDOVER_HELLO)
		return refuse_successor(h, "that is no hello");
	oldest = handover_find_int(r.fields, TAG_OLDEST);
	newest = handover_find_int(r.fields, TAG_NEWEST);
	build = handover_find(r.fields, TAG_BUILD);
	log_info("a successor is here", JI("newest", newest), JN("build", build));
	handover_drop(h, &r);
	if (oldest > HANDOVER_VERSION || newest < HANDOVER_VERSION)
		return refuse_successor(h, "the successor reads other versions of the hand-over");
	return 0;
}

/* Make the successor subscribe to every channel of this process. */
static int
share_channels(struct handover *h)
{
	struct handover_record r;
	struct buf b = { 0 };
	int rc;

	handover_encode_rooms(&b);
	rc = handover_say(h, (struct str){ b.p, b.n });
	buf_fini(&b);
	if (rc < 0 || (rc = handover_hear(h, &r, SUBSCRIBE_MS)) < 0)
		return rc;
	if (r.type != HANDOVER_SUBSCRIBED)
		return E_BAD_REQUEST;
	handover_drop(h, &r);
	return 0;
}

static int
await_handlers(void)
{
	int64_t until_ms = mono_ms() + HANDLERS_MS;
	int rc = 0;

	while ((inbox_running() > 0 || catch_up_any()) && rc == 0 && mono_ms() < until_ms)
		rc = co_sleep(LOOK_MS);
	return rc < 0 ? rc : inbox_running() > 0 ? E_BUSY : 0;
}

/* A barrier: what was published before has been delivered when it returns, and commands queued for Redis have
 * been written. */
static int
finish_replays(void)
{
	int64_t until_ms = mono_ms() + CATCH_UP_MS;
	int rc;

	do
		rc = barrier_pass();
	while (rc == E_TIMEOUT && mono_ms() < until_ms);
	return rc;
}

static int
send_piece(void *arg, const struct buf *records, const int *fds, int n_fds)
{
	return handover_send(arg, (struct str){ records->p, records->n }, fds, n_fds, mono_ms() + TRANSFER_MS,
	    child_beat);
}

/* Wait without a turn of the loop. */
static int
await_all_here(struct handover *h)
{
	struct pollfd p = { .fd = h->sock, .events = POLLIN };
	int64_t until_ms = mono_ms() + TRANSFER_MS;
	struct handover_record r;
	int rc;

	while ((rc = handover_next(h, &r)) == 0 && mono_ms() < until_ms) {
		(void)poll(&p, 1, POLL_MS);
		child_beat();
		if (handover_read(h) < 0)
			return -1;
	}
	return rc > 0 && r.type == HANDOVER_ALL_HERE ? 0 : -1;
}

static int
say_yours(struct handover *h)
{
	struct buf b = { 0 };
	int rc;

	handover_end(&b, handover_begin(&b, HANDOVER_YOURS), 0);
	rc = handover_send(h, (struct str){ b.p, b.n }, NULL, 0, mono_ms() + TRANSFER_MS, child_beat);
	buf_fini(&b);
	return rc;
}

/* Input is frozen and no handler runs. Returns only on failure. */
static int
hand_over(struct handover *h)
{
	int64_t began_ms = mono_ms();

	polling_return_remote();
	end_turn();
	if (handover_encode_all(send_piece, h) < 0 || await_all_here(h) < 0 || say_yours(h) < 0)
		return E_DOWN;
	log_info("clients were handed on", JI("sessions", (int64_t)eio_count()), JI("plain", plain_count()),
	    JI("ms", mono_ms() - began_ms));
	child_handed_over();
}

/* Returns only on failure. */
static int
send_all(struct handover *h)
{
	int rc;

	if ((rc = share_channels(h)) < 0)
		return rc;
	handover_still_begin();
	if ((rc = await_handlers()) == 0 && (rc = share_channels(h)) == 0) {
		if ((rc = finish_replays()) == E_TIMEOUT)	/* no process can publish either */
			log_warn("Redis is away while clients are handed on");
		rc = rc == E_CANCELED || child_stopping() ? E_CANCELED : hand_over(h);
	}
	handover_still_end();
	return rc;
}

static void
send_to_successor(void *arg)
{
	struct handover *h = arg;
	int rc;

	if (hear_hello(h) == 0) {
		rc = send_all(h);
		log_warn("clients stay with this process", JS("reason", err_row(rc)->code));
	}
	handover_fini(h);
	free(h);
	giving = false;
}

/* Processes of this user only. */
static bool
is_same_user(int sock)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == geteuid() || who.uid == 0);
}

static void
accept_successor(int sock, const struct sockaddr *peer, socklen_t n)
{
	struct handover *h;

	(void)peer;
	(void)n;
	if (giving || child_stopping() || !is_same_user(sock)) {
		close(sock);
		return;
	}
	giving = true;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		abort();
	h->sock = sock;
	co_spawn(send_to_successor, h, 0);
}

static void
listen_for_successor(void)
{
	char name[UNIXSOCK_NAME_BYTES];
	int fd = unixsock_listen(conf.run_dir, unixsock_handover_name(name, own_index));

	if (fd < 0) {
		log_warn("cannot listen for a successor: clients will have to connect again", JS("socket", name),
		    JS("error", strerror(errno)));
		return;
	}
	listener_init(&listener, fd, "a successor", accept_successor);
	listener_watch(&listener, true);
}

static void
on_successor(struct loop_timer *t)
{
	char name[UNIXSOCK_NAME_BYTES];
	int fd = unixsock_connect(conf.run_dir, unixsock_handover_name(name, own_index));

	if (fd >= 0) {
		close(fd);
	} else if (errno != EAGAIN) {
		loop_timer_stop(t);
		listen_for_successor();
	}
}

void
handover_send_start(int index, bool now, void (*turn)(void))
{
	own_index = index;
	end_turn = turn;
	loop_timer_init(&look, on_successor, NULL);
	if (now)
		listen_for_successor();
	else
		loop_timer_start(&look, PREDECESSOR_MS, PREDECESSOR_MS);
}

/* A successor that connects now is refused at once. */
void
handover_send_stop(void)
{
	loop_timer_stop(&look);
	if (listener.io.fd < 0)
		return;
	listener_watch(&listener, false);
	close(listener.io.fd);
	listener.io.fd = -1;
}
