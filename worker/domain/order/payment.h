/* payment.h -- events of the payment provider: accepted when signed, applied once. */
#ifndef ORDER_PAYMENT_H
#define ORDER_PAYMENT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* Whether `header` ("t=<s since 1970>,v1=<hex>[,v1=<hex>…]") signs the body: HMAC-SHA256 of "<t>.<body>" with one of
 * the secrets of PAYMENT_WEBHOOK_SECRET, made within PAYMENT_WEBHOOK_TOLERANCE of `now_s`. Constant time. Pure. */
bool	 payment_signed(const char *header, struct str body, int64_t now_s);

#define PAYMENT_TYPES "payment.succeeded|payment.failed|payment.cancelled|payment.refunded"
struct payment_event {
	/* the provider's id of the event and of the payment (may be NULL) */
	const char	*id, *type, *order, *payment;
	int64_t		 amount;			/* won; -1: not given */
	const char	*traceparent;
};
/* Applies an event in one transaction, or finds its earlier outcome. *outcome: paid, already_paid, cancelled, noted,
 * refund_due (paid too late or twice), amount_mismatch, unknown_order. *again: a duplicate, *outcome is that of the
 * first. Yields. Errors as pg_query: not applied. */
int	 payment_apply(struct arena *mem, const struct payment_event *e, const char **outcome, bool *again);

#endif
