/* socket_routes.c -- the paths that belong to the fanout: Socket.IO and the plain WebSocket. Yields: long-polling
 * waits. */
#include "../fanout.h"
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "routes.h"
#include "run/co.h"
#include "worker/child.h"

/* Long-polling waits for the next event or ping; the fanout ends it, this is only the last resort. */
enum { POLL_DEADLINE_MS = 600000 + 5000 };

/* A refusal costs more than the request, so a client that repeats it at once has to wait for it. */
static int
poll_relay(struct req *rq, const void *args)
{
	int rc = fanout_poll(rq);

	(void)args;
	if (rc == 0 && rq->reply.status == 429 && conf.ws_refusal_delay_ms > 0 && !child_stopping())
		rc = co_sleep(conf.ws_refusal_delay_ms);
	return rc;
}

static int
plain_refuse(struct req *rq, const void *args)
{
	(void)rq;
	(void)args;
	return E_UPGRADE;
}

/* A method that Engine.IO does not know is refused by the fanout, in the words of its protocol. */
#define ENGINE_ROUTES(path, flags) \
	{ "GET", path, poll_relay, NULL, AUTH_NONE, RATE_NONE, POLL_DEADLINE_MS, \
	    "Socket.IO: long-polling, or a WebSocket when upgraded", "text/plain", \
	    ROUTE_RELAY | ROUTE_HIDDEN | (flags) }, \
	{ "POST", path, poll_relay, NULL, AUTH_NONE, RATE_NONE, POLL_DEADLINE_MS, \
	    "Socket.IO: long-polling", "text/plain", ROUTE_RELAY | ROUTE_HIDDEN | (flags) }, \
	{ "PUT", path, poll_relay, NULL, AUTH_NONE, RATE_NONE, POLL_DEADLINE_MS, \
	    "Socket.IO: refused", "application/json", ROUTE_RELAY | ROUTE_HIDDEN | (flags) }, \
	{ "PATCH", path, poll_relay, NULL, AUTH_NONE, RATE_NONE, POLL_DEADLINE_MS, \
	    "Socket.IO: refused", "application/json", ROUTE_RELAY | ROUTE_HIDDEN | (flags) }, \
	{ "DELETE", path, poll_relay, NULL, AUTH_NONE, RATE_NONE, POLL_DEADLINE_MS, \
	    "Socket.IO: refused", "application/json", ROUTE_RELAY | ROUTE_HIDDEN | (flags) }

const struct route socket_routes[] = {
	ENGINE_ROUTES("/socket.io/", 0),
	ENGINE_ROUTES("/engine.io/", ROUTE_TEST),
	{ "GET", "/ws", plain_refuse, NULL, AUTH_NONE, RATE_NONE, 1000,
	    "Plain JSON WebSocket", "", ROUTE_RELAY | ROUTE_HIDDEN },
	{ "GET", "/echo", plain_refuse, NULL, AUTH_NONE, RATE_NONE, 1000,
	    "WebSocket echo", "", ROUTE_RELAY | ROUTE_HIDDEN | ROUTE_TEST },
	{ 0 }
};
