/* clients.h -- what each client, by its address (IPv6: its /64), holds of this worker: charged before it is spent, so
 * that no single one can take what is there for all. A budget is the host's: each worker grants its part of it
 * (guard_share). Nothing here yields.
 */
#ifndef HTTP_CLIENTS_H
#define HTTP_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

enum budget {
	BUDGET_CONNECTIONS,	/* open: HTTP_CLIENT_CONNECTIONS_MAX */
	BUDGET_BODIES,		/* requests whose body is still coming in: HTTP_CLIENT_BODIES_MAX */
	BUDGET_STREAMS,		/* ROUTE_STREAM requests under way: HTTP_CLIENT_STREAMS_MAX */
	BUDGET_BYTES,		/* of bodies, gathered for handlers: HTTP_CLIENT_BODY_BYTES */
	/* nothing held, only counted: connections closed because the client was too slow (pace.h) */
	BUDGET_SLOW_HEAD,
	BUDGET_SLOW_BODY,
	BUDGET_SLOW_IMPORT,
	BUDGET_SLOW_ANSWER,
	BUDGETS
};

struct client;

/* The client at this address, counted: one clients_put for each. */
struct client	*clients_get(const char *ip);
/* Give it up; *c, which may be NULL, is NULL then. */
void		 clients_put(struct client **c);
/* Charge `n` of the budget. False: it would be more than one client may have, nothing was charged, and the refusal is
 * counted. */
bool		 clients_charge(struct client *c, enum budget b, int64_t n);
/* What was charged is free again. */
void		 clients_refund(struct client *c, enum budget b, int64_t n);
/* Count a refusal that has no budget of its own. */
void		 clients_count(enum budget b);

#endif
