/* order.h -- orders: placed, paid, shipped, delivered, cancelled; read by buyers, sellers and admins. The rules and SQL
 * of `orders`.
 *
 *     pending --pay--> paid --ship--> shipped --deliver--> delivered
 *        |               |
 *        +---- cancel ---+----> cancelled (pending ones also by time: ORDER_PAYMENT_TIMEOUT)
 *
 * Placing takes the stock, cancelling gives it back, each in one transaction with the row and the event on
 * `order-events`. Whoever needs several rows locks the order first, then the products in the order of their ids: nobody
 * waits in a circle. As JSON:
 * {id,userId,status,total,streamKey,paymentId,cancelReason,items:[{productId,sellerId,name,price,quantity,shippedAt}],
 * createdAt,
 * expiresAt,paidAt,shippedAt,deliveredAt,cancelledAt}.
 */
#ifndef ORDER_ORDER_H
#define ORDER_ORDER_H

#include "base/json.h"
#include "worker/domain/core/caller.h"

enum { ORDER_QUANTITY_MAX = 9999 };

struct order_item {
	const char	*product;
	int64_t		 quantity;		/* 1 to ORDER_QUANTITY_MAX */
};
struct order_request {
	const char	*id;			/* of the order to be, a UUID: the same id is ordered once */
	const char	*user;			/* a UUID */
	const char	*stream;		/* NULL: not bought in a stream */
	const char	*traceparent;
	struct order_item *items;		/* sorted and merged by order_place */
	size_t		 n;
};
struct order_lack {
	const char	*product;
	int64_t		 requested, available;	/* available -1: there is no such product for sale */
};
struct order_outcome {
	struct str	 json;
	struct order_lack *lacks;		/* with E_OUT_OF_STOCK and E_NOT_FOUND */
	size_t		 n_lacks;
};
/* Take the stock and write the order, in one statement: it happened when this returns 0 and may have happened with
 * E_DOWN, E_TIMEOUT or E_CANCELED; ask again with the same id. Yields. E_CONFLICT (there is an order of this id),
 * E_OUT_OF_STOCK or E_NOT_FOUND with what lacks, E_VALIDATION (the total is beyond ORDER_TOTAL_MAX), else as pg_query.
 */
int	 order_place(struct arena *mem, struct order_request *o, struct order_outcome *out);

enum order_action { ORDER_PAY, ORDER_SHIP, ORDER_DELIVER, ORDER_CANCEL, ORDER_EXPIRE };
struct order_change {
	const char	*id;
	enum order_action action;
	const struct caller *who;		/* NULL: Dure itself */
	const char	*payment;		/* the provider's id of it; NULL */
	const char	*reason;		/* of a cancellation by Dure itself */
	const char	*traceparent;
	int64_t		 amount;		/* what was paid, won; -1: not said */
};
struct order_changed {
	struct str	 json;			/* as `who` sees it */
	const char	*status, *payment;	/* as it was */
	int64_t		 total;
	char		**products;		/* whose stock went up; NULL-terminated */
};
/* In the transaction `pg`. Yields. E_NOT_FOUND (nor seen by this caller), E_FORBIDDEN, E_ORDER_STATE (with status and
 * payment as they are), E_VALIDATION (another amount than the total), else as pg_query. After the commit call
 * order_publish. */
int	 order_move(struct pg *pg, struct arena *mem, const struct order_change *c, struct order_changed *out);
/* Whether the buyer's word pays an order; else the provider's (payment.h) is waited for. PAYMENT_MODE. Pure. */
bool	 order_pays_directly(void);
/* Wake the bridges, tell the live streams. Does not yield. */
void	 order_publish(const struct order_changed *c);
/* An event for the order as it is, in the transaction; `refund` won are due (-1: none). Yields. */
int	 order_event(struct pg *pg, const char *id, const char *type, int64_t refund, const char *traceparent);
/* Cancel what was not paid in time; *n is how many. Yields. Errors as pg_query. */
int	 order_expire(int64_t *n);

/* As this caller sees it. Yields. E_NOT_FOUND, E_FORBIDDEN (nobody in particular). */
int	 order_read(const struct caller *who, const char *id, struct str *json);
struct order_filter {
	const char	*view;			/* of ORDER_VIEWS */
	const char	*status;		/* of ORDER_STATES; NULL: any */
	int64_t		 limit;
	const char	*cursor;
};
#define ORDER_VIEWS	"buyer|seller|all"
#define ORDER_STATES	"pending|paid|shipped|delivered|cancelled"
/* Newest first: what the caller bought, what was bought of him (his own items and their total), or, for an admin, all.
 * Yields. Errors as order_read, E_VALIDATION (the cursor). */
int	 order_list(struct arena *mem, const struct caller *who, const struct order_filter *f, struct str *list,
    const char **next);

#endif
