/* client_budget.h -- what the clients of one address cost this process. A client is charged before the work is done. An
 * address's budgets are the host's: each fanout process grants its part of them (guard_share).
 *
 * The unit is a byte of input. A byte received or inflated costs one; a packet of any type, a new session and the entry
 * into a namespace cost more than their bytes (WS_PACKET_COST, WS_OPEN_COST, WS_CONNECT_COST). Each transport may spend
 * WS_INPUT_RATE a second and each address WS_ADDRESS_INPUT_RATE, with a reserve for bursts. A client that has spent its
 * reserve is read no further until it has some again, so a flood waits in its own socket and nobody else does. Nothing
 * is charged while RATE_LIMIT_ENABLED is false. Does not yield.
 */
#ifndef CONN_CLIENT_BUDGET_H
#define CONN_CLIENT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hashtab.h"

struct account {
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

/* The account of the client at this address (NULL: unknown), counted. Give it back with account_put, which nulls the
 * pointer. */
struct account	*account_get(const char *ip);
/* The same by the name that account->client has. */
struct account	*account_named(const char *client);
struct account	*account_ref(struct account *a);
void		 account_put(struct account **a);

/* Whether its clients may open one more session; if so, the opening is charged. */
bool		 account_opens(struct account *a);
/* One of its sessions has begun (account_opens was asked, or it comes from a predecessor), or ended. */
void		 account_begin(struct account *a);
void		 account_end(struct account *a);

/* Charge `bytes` to the transport and to its address. */
void		 account_charge(struct account *a, struct allowance *own, uint64_t bytes);
/* Whether both have something left to spend. */
bool		 account_may_spend(const struct account *a, const struct allowance *own);
/* Unfinished or unhandled input has grown by `bytes` (or shrunk): false when it has grown beyond WS_ADDRESS_HELD_BYTES.
 */
bool		 account_hold(struct account *a, int64_t bytes);

#endif
