/* order.h -- orders: placed, paid, shipped, delivered, cancelled; read by buyers, sellers and admins. The rules and
 * SQL of `orders`.
 *
 *     pending --pay--> paid --ship--> shipped --deliver--> delivered
 *        |               |
 *        +---- cancel ---+----> cancelled (pending ones also by time: ORDER_PAYMENT_TIMEOUT)
 *
 * Placing an order takes the stock, cancelling returns it, each in one transaction with the row and the event on
 * `order-events`. Lock order: the order, then its products by id. Prevents deadlock. As JSON:
 * {id,userId,status,total,streamKey,paymentId,cancelReason,items:[{productId,sellerId,name,price,quantity,shippedAt}],
 * createdAt, expiresAt,paidAt,shippedAt,deliveredAt,cancelledAt}.
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
	const char	*id;			/* of the new order, a UUID: the same id is ordered once */
	const char	*user;			/* a UUID */
	const char	*stream;		/* NULL: not bought in a stream */
	const char	*traceparent;
	struct order_item *items;		/* sorted and merged by order_place */
	size_t		 n;
};
struct order_lack {
	const char	*product;
	int64_t		 requested, available;	/* available -1: not for sale */
};
struct order_outcome {
	struct str	 json;
	struct order_lack *lacks;		/* with E_OUT_OF_STOCK and E_NOT_FOUND */
	size_t		 n_lacks;
};
/* Takes the stock and inserts the order in one statement. 0: done. After E_DOWN, E_TIMEOUT or E_CANCELED it may have
 * been done: retry with the same id. Yields. E_CONFLICT (an order with this id exists), E_OUT_OF_STOCK or E_NOT_FOUND
 * with `lacks`, E_VALIDATION (the total exceeds ORDER_TOTAL_MAX), else as pg_query. */
int	 order_place(struct arena *mem, struct order_request *o, struct order_outcome *out);

enum order_action { ORDER_PAY, ORDER_SHIP, ORDER_DELIVER, ORDER_CANCEL, ORDER_EXPIRE };
struct order_change {
	const char	*id;
	enum order_action action;
	const struct caller *who;		/* NULL: Dure itself */
	const char	*payment;		/* the provider's payment id; NULL: none */
	const char	*reason;		/* of a cancellation by Dure */
	const char	*traceparent;
	int64_t		 amount;		/* the paid amount, won; -1: not given */
};
struct order_changed {
	struct str	 json;			/* as `who` sees it */
	const char	*status, *payment;	/* before the change */
	int64_t		 total;
	char		**products;		/* whose stock grew; NULL-terminated */
};
/* Applies one action in the transaction `pg`. Yields. E_NOT_FOUND (or not visible to this caller), E_FORBIDDEN,
 * E_ORDER_STATE (with the current status and payment), E_VALIDATION (the amount is not the total), else as pg_query.
 * Call order_publish after the commit. */
int	 order_move(struct pg *pg, struct arena *mem, const struct order_change *c, struct order_changed *out);
/* Whether the buyer's own request pays an order; else the provider's event does (payment.h). PAYMENT_MODE. Pure. */
bool	 order_pays_directly(void);
/* After the commit: wakes the bridges, publishes stock to the live streams. Does not yield. */
void	 order_publish(const struct order_changed *c);
/* Adds an event with the order's current state, in the transaction; `refund` won are due (-1: none). Yields. Errors as
 * pg_query. */
int	 order_event(struct pg *pg, const char *id, const char *type, int64_t refund, const char *traceparent);
/* Cancels orders that were not paid in time; *n is how many. Yields. Errors as pg_query. */
int	 order_expire(int64_t *n);

/* The order as this caller sees it. Yields. E_NOT_FOUND, E_FORBIDDEN (anonymous), else as pg_query. */
int	 order_read(const struct caller *who, const char *id, struct str *json);
struct order_filter {
	const char	*view;			/* of ORDER_VIEWS */
	const char	*status;		/* of ORDER_STATES; NULL: any */
	int64_t		 limit;
	const char	*cursor;
};
#define ORDER_VIEWS	"buyer|seller|all"
#define ORDER_STATES	"pending|paid|shipped|delivered|cancelled"
/* Newest first: what the caller bought, what others bought from the caller (only the caller's items and their total),
 * or, for an admin, all. Yields. Errors as order_read, E_VALIDATION (the cursor). */
int	 order_list(struct arena *mem, const struct caller *who, const struct order_filter *f, struct str *list,
    const char **next);

#endif
