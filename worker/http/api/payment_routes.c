/* payment_routes.c -- where the payment provider calls. Yields: all. The rules are in domain/order/payment.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/order/payment.h"

struct event_in {
	const char	*id, *type, *order, *payment;
	int64_t		 amount;
};
static const struct param event_params[] = {
	P_ID(FROM_JSON, struct event_in, id, "id", REQUIRED),
	P_PICK(FROM_JSON, struct event_in, type, "type", REQUIRED, PAYMENT_TYPES, NULL),
	P_ID(FROM_JSON, struct event_in, order, "orderId", REQUIRED),
	P_ID(FROM_JSON, struct event_in, payment, "paymentId", OPTIONAL),
	P_INT(FROM_JSON, struct event_in, amount, "amount", OPTIONAL, 0, INT64_C(9007199254740991), NULL),
	PARAM_END
};

/* POST /api/v1/payments/webhook -- 200 for what was applied, now or before: anything else is sent again. */
static int
payment_post(struct req *rq, const void *args)
{
	const struct event_in *in = args;
	struct payment_event e = { .id = in->id, .type = in->type, .order = in->order, .payment = in->payment,
	    .amount = in->amount, .traceparent = rq->traceparent };
	const char *signature = rq->header[HDR_PAYMENT_SIGNATURE], *outcome;
	bool again;
	int rc;

	if (signature == NULL || !payment_signed(signature, (struct str){ rq->in.p, rq->in.n }, now_ms() / 1000)) {
		AUDIT("payment_refused", NULL, rq->ip, JS("reason", signature == NULL
		    ? "no signature" : "wrong or old signature"));
		return E_SIGNATURE;
	}
	if (!uuid_valid(e.order)) {
		rq->faults = (struct param_faults){ { { "orderId", REASON_CHARS, &event_params[2] } }, 1 };
		return E_VALIDATION;
	}
	if (json_get(rq->json, "amount") == NULL) {
		if (strcmp(e.type, "payment.succeeded") == 0) {
			rq->faults = (struct param_faults){ { { "amount", REASON_REQUIRED, &event_params[4] } }, 1 };
			return E_VALIDATION;
		}
		e.amount = -1;
	}
	if ((rc = payment_apply(rq->mem, &e, &outcome, &again)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JS("outcome", outcome), JB("duplicate", again)), MSG_NONE);
}

const struct route payment_routes[] = {
	{ "POST", "/api/v1/payments/webhook", payment_post, event_params, AUTH_NONE, RATE_NONE, 10000,
	    "For the payment provider: an event of an order. Header Payment-Signature: t=<s since 1970>,v1=<hex "
	    "HMAC-SHA256 of \"t.body\">",
	    DATA("{outcome:string = \"paid\", duplicate:bool = false}") " !SIGNATURE_INVALID !NOT_FOUND", 0 },
	{ 0 }
};
