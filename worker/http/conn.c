/* conn.c -- the open connections, what they are charged to, and which are too slow. See conn.h. */
#include "conn.h"

#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/conf.h"
#include "base/metric.h"
#include "clients.h"
#include "gate.h"
#include "peer.h"
#include "run/loop.h"

static struct conn *conns;
static int n_conns;
static void (*room_made)(void);

void
conn_start(void (*on_room)(void))
{
	room_made = on_room;
}

struct conn *
conn_open(int fd, const struct sockaddr *peer)
{
	struct conn *c = calloc(1, sizeof(*c));
	int unsent = (int)conf.http_unsent_bytes;

	if (c == NULL)
		abort();
	c->fd = fd;
	peer_learn(c, peer);
	c->raw = peer_came_raw(c->fd);
	if (!c->trusted)
		c->client = clients_get(c->ip);
	if (c->client != NULL && !clients_charge(c->client, BUDGET_CONNECTIONS, 1))
		clients_put(&c->client);
	c->since_ms = loop_now_ms();
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	gate_open(c);
	c->next = conns;
	if (conns != NULL)
		conns->prev = c;
	conns = c;
	metric_set(M_HTTP_CONNECTIONS, 0, ++n_conns);
	return c;
}

void
conn_close(struct conn *c)
{
	gate_close(c);
	if (c->client != NULL)
		clients_refund(c->client, BUDGET_CONNECTIONS, 1);
	clients_put(&c->client);
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		conns = c->next;
	free(c);
	metric_set(M_HTTP_CONNECTIONS, 0, --n_conns);
	room_made();
}

bool
conn_allowed(const struct sockaddr *peer)
{
	struct client *client;
	struct conn c = { 0 };
	bool ok;

	peer_learn(&c, peer);
	if (c.trusted)
		return true;
	client = clients_get(c.ip);
	if ((ok = clients_charge(client, BUDGET_CONNECTIONS, 1)))
		clients_refund(client, BUDGET_CONNECTIONS, 1);
	clients_put(&client);
	return ok;
}

int
conn_count(void)
{
	return n_conns;
}

bool
conn_full(void)
{
	return n_conns >= (int)conf.http_connections_max;
}

void
conn_close_idle(void)
{
	struct conn *c;

	for (c = conns; c != NULL; c = c->next)
		if (c->phase == CONN_WAITING)
			shutdown(c->fd, SHUT_RD);
}

/* Note how much of its answers a client has taken; asks the kernel only where an answer is still being sent. */
static void
note_answer(struct conn *c, int64_t now_us)
{
	struct tcp_info info = { 0 };
	socklen_t n = sizeof(info);

	if (c->phase != CONN_ANSWERING)
		pace_answered(&c->pace, now_us);
	else if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0)
		pace_answering(&c->pace, info.tcpi_bytes_acked, now_us);
}

static bool
is_late(const struct conn *c, int64_t now_ms, int64_t body_ms)
{
	switch (c->phase) {
	case CONN_WAITING:
		return now_ms - c->since_ms > 2000 * conf.http_idle_timeout_s;
	case CONN_RECEIVING:
		return now_ms - c->since_ms > body_ms;
	default:
		return false;
	}
}

/* Close a connection whose client is too slow. What it has not taken is discarded, here and in the kernel. */
static void
drop_slow(struct conn *c, enum pace_fault fault)
{
	static const struct linger at_once = { .l_onoff = 1 };
	bool imports = c->phase == CONN_WORKING;

	clients_count(fault == PACE_HEAD ? BUDGET_SLOW_HEAD : fault == PACE_ANSWER ? BUDGET_SLOW_ANSWER :
	    imports ? BUDGET_SLOW_IMPORT : BUDGET_SLOW_BODY);
	c->pace = (struct pace){ 0 };
	c->dropped = true;	/* bytes that are there already must not hide the end */
	if (fault == PACE_ANSWER)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	shutdown(c->fd, fault == PACE_ANSWER ? SHUT_RDWR : SHUT_RD);
}

void
conn_check(int64_t body_ms)
{
	int64_t now = loop_now_ms();
	enum pace_fault fault;
	struct conn *c;

	for (c = conns; c != NULL; c = c->next) {
		note_answer(c, now * 1000);
		fault = pace_check(&c->pace, now * 1000);
		if (fault == PACE_OK && is_late(c, now, body_ms) && c->phase == CONN_RECEIVING)
			fault = PACE_BODY;
		if (fault != PACE_OK)
			drop_slow(c, fault);
		else if (is_late(c, now, body_ms))
			shutdown(c->fd, SHUT_RD);
	}
}
