/* poll_relay.h -- relays polling requests of sessions on other hosts through Redis: a proxy in front of several hosts
 * need not be sticky.
 *
 * The process that has the session subscribes to ws:poll:{sid} (worker/ws/conn/remote_poll.h); the answer to PUBLISH
 * says whether there is one.
 */
#ifndef HTTP_POLL_RELAY_H
#define HTTP_POLL_RELAY_H

#include "req.h"

/* Relay the request, of whose session this host's fanout does not know, and answer with what comes back; `otherwise`
 * (0: as is answered already) when no host has it. Yields. 0, E_DOWN, E_TIMEOUT, E_CANCELED. */
int	 poll_relay(struct req *rq, int otherwise);
/* This worker drains: answer the waiting polls with a noop. Does not yield. */
void	 poll_relay_stop(void);

#endif
