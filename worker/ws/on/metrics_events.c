/* metrics_events.c -- the root namespace: admins subscribe to the figures of the host that they are connected to. See
 * ws/live/metrics_feed.h. Yields: the subscription. */
#include "event_tables.h"

#include "base/err.h"
#include "worker/ws/live/metrics_feed.h"

enum { DEADLINE_MS = 5000 };

static const struct param no_params[] = { PARAM_END };

static void
ack_room(struct call *c)
{
	call_ack(c, json_obj(c->mem, JB("ok", true), JS("room", METRICS_ROOM)));
}

static int
metrics_subscribe(struct call *c, const void *args)
{
	int rc;

	(void)args;
	if (!c->who.admin)
		return E_FORBIDDEN;
	if ((rc = room_join(&c->s->peer, METRICS_ROOM)) < 0)
		return rc;
	ack_room(c);
	return 0;
}

static int
metrics_unsubscribe(struct call *c, const void *args)
{
	(void)args;
	(void)room_leave(&c->s->peer, METRICS_ROOM);
	ack_room(c);
	return 0;
}

const struct event metrics_events[] = {
	{ "/", "subscribe-metrics",	metrics_subscribe,	no_params,	AUTH_USER, DEADLINE_MS,
	    .help = "Get the figures of the host, every second", .ack = ACK_ROOM, .room = "metrics", .who = "admins" },
	{ "/", "unsubscribe-metrics",	metrics_unsubscribe,	no_params,	AUTH_NONE, DEADLINE_MS,
	    .help = "Get them no longer", .ack = ACK_ROOM, .room = "metrics" },
	{ .name = NULL },
};
