/* clients.h -- what each client, by its address (IPv6: its /64), holds of this worker. It is charged before it is
 * used, so that no single client can exhaust what all share. A budget is the host's: each worker grants its part of it
 * (guard_share). Nothing here yields. */
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

/* The client at this address, with one reference more; release it with clients_put. */
struct client	*clients_get(const char *ip);
/* Release a reference and set *c to NULL; *c may be NULL already. */
void		 clients_put(struct client **c);
/* Charge `n` of the budget. False: that would exceed one client's part; nothing was charged, and the refusal is
 * counted. */
bool		 clients_charge(struct client *c, enum budget b, int64_t n);
/* Return `n` of the budget. */
void		 clients_refund(struct client *c, enum budget b, int64_t n);
/* Count a refusal that has no budget of its own. */
void		 clients_count(enum budget b);

#endif
