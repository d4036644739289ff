/* client_budget.h -- what the clients of one address cost this process. A client is charged before the work is
 * done. An address's budgets are the host's: each fanout process grants its part of them (guard_share).
 *
 *
 * The unit is a byte of input. A byte received or inflated costs one; a packet of any type, a new session and
 * the entry into a namespace cost more than their bytes (WS_PACKET_COST, WS_OPEN_COST, WS_CONNECT_COST). Each
 * transport may spend WS_INPUT_RATE a second and each address WS_ADDRESS_INPUT_RATE, with a reserve for bursts. A
 * client that has spent its reserve is not read until it has some again: a flood is throttled in its own socket
 * and delays no other client. Nothing is charged while RATE_LIMIT_ENABLED is false. Does not yield.
 */
#ifndef CONN_CLIENT_BUDGET_H
#define CONN_CLIENT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hashtab.h"

struct client_budget {
	struct hashtab_node	 node;
	int64_t			 paid_until_us;	/* what was spent is paid for by then (monotonic) */
	int64_t			 held;		/* bytes of input that wait to be complete or handled */
	uint32_t		 refs, sessions;
	/* guard_client's name for the address; empty: unknown, and not limited */
	char			 client[];
};

/* What one transport has spent; zeroed: nothing. */
struct allowance {
	int64_t			 paid_until_us;
};

/* The budget of the client at this address (NULL: unknown), counted. Give it back with client_budget_put, which nulls
 * the pointer. */
struct client_budget	*client_budget_get(const char *ip);
/* The same, by the name in budget->client. */
struct client_budget	*client_budget_named(const char *client);
struct client_budget	*client_budget_ref(struct client_budget *a);
void		 client_budget_put(struct client_budget **a);

/* Whether its clients may open one more session; if so, the opening is charged. */
bool		 client_budget_opens(struct client_budget *a);
/* One of its sessions has begun (client_budget_opens was asked, or it comes from a predecessor), or ended. */
void		 client_budget_begin(struct client_budget *a);
void		 client_budget_end(struct client_budget *a);

/* Charge `bytes` to the transport and to its address. */
void		 client_budget_charge(struct client_budget *a, struct allowance *own, uint64_t bytes);
/* Whether both have something left to spend. */
bool		 client_budget_may_spend(const struct client_budget *a, const struct allowance *own);
/* Unfinished or unhandled input has grown by `bytes` (or shrunk): false when it has grown beyond WS_ADDRESS_HELD_BYTES.
 */
bool		 client_budget_hold(struct client_budget *a, int64_t bytes);

#endif
