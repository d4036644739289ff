/* payment.h -- what the payment provider tells of orders, believed when it is signed, and once. */
#ifndef ORDER_PAYMENT_H
#define ORDER_PAYMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Whether `header` ("t=<s since 1970>,v1=<hex>[,v1=<hex>…]") signs the body: HMAC-SHA256 of "<t>.<body>" under one of
 * the secrets of PAYMENT_WEBHOOK_SECRET, made within PAYMENT_WEBHOOK_TOLERANCE of `now_s`. Takes as long for a wrong
 * signature as for a good one. Pure. */
bool	 payment_signed(const char *header, struct str body, int64_t now_s);

#define PAYMENT_TYPES "payment.succeeded|payment.failed|payment.cancelled|payment.refunded"
struct payment_event {
	/* the provider's id of the event and of the payment (may be NULL) */
	const char	*id, *type, *order, *payment;
	int64_t		 amount;			/* won; -1: not said */
	const char	*traceparent;
};
/* Apply it, or find that it was. *outcome: paid, already_paid, cancelled, noted, refund_due (paid too late or twice),
 * amount_mismatch, unknown_order. *again: it had come before, *outcome is what came of it then. One transaction.
 * Yields. Errors as pg_query: not applied. */
int	 payment_apply(struct arena *mem, const struct payment_event *e, const char **outcome, bool *again);

#endif
