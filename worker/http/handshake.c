/* handshake.c -- the fast path of a WebSocket handshake. See handshake.h. */
#include "handshake.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include "base/metric.h"
#include "head.h"
#include "peer.h"
#include "serve.h"
#include "ws_upgrade.h"

enum { HEAD_BYTES = 8192 };

static struct str
write_answer(struct req *rq)
{
	struct reply_header fields[REPLY_ALL_HEADERS];
	int i, n = reply_finish(rq, fields);

	buf_reset(&rq->out);
	buf_str(&rq->out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n");
	for (i = 0; i < n; i++) {
		buf_str(&rq->out, fields[i].name);
		buf_str(&rq->out, ": ");
		buf_str(&rq->out, fields[i].value);
		buf_str(&rq->out, "\r\n");
	}
	buf_str(&rq->out, "\r\n");
	return (struct str){ rq->out.p, rq->out.n };
}

/* Answer and hand the socket over. Where the fanout speaks first, the answer waits (MSG_MORE) so that both leave in
 * one packet. */
static void
answer_upgrade(struct req *rq, int fd, const struct head *h)
{
	int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (ws_upgrade_speaks_first(rq) ? MSG_MORE : 0), on = 1;
	struct str text = write_answer(rq);

	metric_add(M_HTTP_REQUESTS, (size_t)rq->endpoint->id * METRIC_STATUSES_MAX + metric_status_cell(101), 1);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (recv(fd, NULL, h->bytes, MSG_TRUNC | MSG_DONTWAIT) == (ssize_t)h->bytes &&
	    send(fd, text.p, text.n, flags) == (ssize_t)text.n)
		ws_upgrade_hand_over(rq, fd, (struct str){ "", 0 });
	else
		close(fd);
}

/* Copy all fields to the request; false: one is in doubt. */
static bool
take_fields(struct req *rq, struct head *h)
{
	const char *name, *value;
	enum header known;
	size_t n;
	int rc;

	while ((rc = head_next(h, &name, &n, &value)) > 0)
		if ((known = header_find(name, n)) != HDR_COUNT)
			serve_header(rq, known, value, strlen(value));
	return rc == 0;
}

bool
handshake_take(int fd, const struct sockaddr *peer)
{
	static char text[HEAD_BYTES];
	ssize_t n = recv(fd, text, sizeof(text), MSG_PEEK | MSG_DONTWAIT);
	struct conn conn = { .fd = fd };
	struct head h;
	struct req *rq;
	bool taken;

	if (n <= 0 || !head_begin(&h, text, (size_t)n))
		return false;
	peer_learn(&conn, peer);
	conn.raw = peer_came_raw(fd);
	rq = serve_begin(&conn, h.target, NULL);
	serve_expect_headers(rq, h.bytes);
	taken = take_fields(rq, &h) && serve_upgrade(rq) == 0;
	if (taken)
		answer_upgrade(rq, fd, &h);
	serve_end(rq, taken);
	return taken;
}
