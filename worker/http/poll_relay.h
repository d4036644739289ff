/* poll_relay.h -- relays polling requests of sessions on other hosts through Redis: a proxy in front of several hosts
 * need not be sticky.
 *
 * The process that has the session listens on ws:poll:{sid} (worker/ws/conn/remote_poll.h); PUBLISH tells whether
 * there is one.
 */
#ifndef HTTP_POLL_RELAY_H
#define HTTP_POLL_RELAY_H

#include "req.h"

/* Relay the request, of whose session this host's fanout does not know, and answer with what comes back; `otherwise`
 * (0: as is answered already) when no host knows of it. Yields. 0, E_DOWN, E_TIMEOUT, E_CANCELED. */
int	 poll_relay(struct req *rq, int otherwise);
/* This worker drains: answer the waiting polls with a noop. Does not yield. */
void	 poll_relay_stop(void);

#endif
