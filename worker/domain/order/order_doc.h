/* order_doc.h -- an order as JSON, for order_*.c only. */
#ifndef ORDER_ORDER_DOC_H
#define ORDER_ORDER_DOC_H

#include "worker/domain/core/caller.h"

#define ORDER_ITEM_DOC(i) \
	"json_build_object('productId', " i ".product_id, 'sellerId', " i ".seller_id, 'name', " i ".name," \
	"   'price', " i ".price, 'quantity', " i ".quantity, 'shippedAt', iso(" i ".shipped_at))"
/* `o` is a row of orders; `total` and `items` are expressions. */
#define ORDER_DOC(o, total, items) \
	"json_build_object('id', " o ".id, 'userId', " o ".user_id, 'status', " o ".status, 'total', " total "," \
	"   'streamKey', " o ".stream_key, 'paymentId', " o ".payment_id, 'cancelReason', " o ".cancel_reason," \
	"   'items', " items "," \
	"   'createdAt', iso(" o ".created_at), 'expiresAt', iso(" o ".expires_at), 'paidAt', iso(" o ".paid_at)," \
	"   'shippedAt', iso(" o ".shipped_at), 'deliveredAt', iso(" o ".delivered_at)," \
	"   'cancelledAt', iso(" o ".cancelled_at))"
#define ORDER_ITEMS(o, where) \
	"(SELECT json_agg(" ORDER_ITEM_DOC("i") " ORDER BY i.product_id)" \
	"   FROM order_items i WHERE i.order_id = " o ".id" where ")"

/* The order as `who` sees it, in row 0 column 0; the transaction acts as `who` from here on. Yields. E_NOT_FOUND, else
 * as pg_query. */
int	 order_doc(struct pg *pg, const struct caller *who, const char *id, struct pg_rows *out);

#endif
