/* handover_protocol.c -- messages between two fanout processes. See handover_protocol.h. Yields: handover_say
 * handover_hear. */
#include "handover_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/err.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/front.h"
#include "worker/ws/conn/inbox.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/socket_io.h"

int
handover_say(struct handover *h, struct str records)
{
	ssize_t n;
	int rc = 0;

	while (records.n > 0 && rc == 0) {
		n = send(h->sock, records.p, records.n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			records.p += n;
			records.n -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			rc = co_wait_fd(h->sock, LOOP_WRITE, -1);
		} else if (errno != EINTR) {
			rc = E_DOWN;
		}
	}
	return rc;
}

int
handover_say_type(struct handover *h, uint8_t type)
{
	struct buf b = { 0 };
	int rc;

	handover_end(&b, handover_begin(&b, type), 0);
	rc = handover_say(h, (struct str){ b.p, b.n });
	buf_fini(&b);
	return rc;
}

int
handover_hear(struct handover *h, struct handover_record *r, int64_t ms)
{
	int64_t until_ms = mono_ms() + ms, left;
	int rc;

	while ((rc = handover_next(h, r)) == 0) {
		if ((rc = handover_read(h)) < 0)
			return E_DOWN;
		if (rc > 0)
			continue;
		if ((left = until_ms - mono_ms()) <= 0)
			return E_TIMEOUT;
		if ((rc = co_wait_fd(h->sock, LOOP_READ, left)) < 0)
			return rc;
	}
	return rc < 0 ? E_DOWN : 0;
}

void
handover_still_begin(void)
{
	front_pause(true);
	sock_pause(true);
	inbox_pause(true);
}

/* A handler that begins may end any session, so all of them are held first. */
static size_t
hold_inboxes(struct inbox **out)
{
	struct session *ses;
	struct eio *e = NULL;
	struct plain *c;
	size_t slot, n = 0;

	while ((e = eio_each(&slot, e)) != NULL) {
		if (e->sock != NULL)
			sock_go_on(e->sock);
		if (e->probe != NULL)
			sock_go_on(e->probe);
		if ((ses = sio_session(e)) != NULL)
			out[n++] = &ses->inbox;
	}
	for (c = plain_first(); c != NULL; c = c->next) {
		sock_go_on(c->sock);
		out[n++] = &c->inbox;
	}
	return n;
}

void
handover_still_end(void)
{
	struct inbox **all = malloc((eio_count() + (size_t)plain_count() + 1) * sizeof(struct inbox *));
	size_t i, n;

	if (all == NULL)
		abort();
	front_pause(false);
	sock_pause(false);
	inbox_pause(false);
	n = hold_inboxes(all);
	for (i = 0; i < n; i++)
		inbox_ref(all[i]);
	for (i = 0; i < n; i++) {
		if (all[i]->first != NULL)
			inbox_go_on(all[i]);
		inbox_put(all[i]);
	}
	free(all);
}
