/* payment.c -- payment events: verifies the signature, applies them to orders. See payment.h. Yields: payment_apply. */
#include "payment.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/hmac.h"
#include "order.h"
#include "worker/domain/core/audit.h"

/* --- The signature --- */

/* Whether one of the secrets gives this signature. All are tried, so that the time does not reveal which one matches.
 */
static bool
is_signature(const char *hex, size_t n, const char *stamp, size_t n_stamp, struct str body)
{
	const char *p, *end, *secrets = conf.payment_webhook_secret;
	char expected[HMAC_SHA256_HEX_BYTES];
	bool good = false;

	for (p = secrets; *p != '\0'; p = *end == ',' ? end + 1 : end) {
		end = p + strcspn(p, ",");
		if (end == p)
			continue;
		hmac_sha256_hex(expected, (struct str){ p, (size_t)(end - p) },
		    (const struct str[]){ { stamp, n_stamp }, STR("."), body }, 3);
		good |= str_eq_secret((struct str){ hex, n }, str_of(expected));
	}
	return good;
}

bool
payment_signed(const char *header, struct str body, int64_t now_s)
{
	const char *p, *end, *stamp = NULL;
	size_t n_stamp = 0;
	int64_t at = 0;
	bool good = false;
	char text[24];

	for (p = header; *p != '\0'; p = *end == ',' ? end + 1 : end) {
		end = p + strcspn(p, ",");
		p += strspn(p, " ");
		if (strncmp(p, "t=", 2) == 0 && stamp == NULL && (size_t)(end - p - 2) < sizeof(text)) {
			stamp = p + 2;
			n_stamp = (size_t)(end - stamp);
			memcpy(text, stamp, n_stamp);
			text[n_stamp] = '\0';
			if (!parse_int(text, 0, INT64_MAX / 2, &at))
				return false;
		} else if (strncmp(p, "v1=", 3) == 0 && stamp != NULL) {
			good |= is_signature(p + 3, (size_t)(end - p - 3), stamp, n_stamp, body);
		}
	}
	return good && at >= now_s - conf.payment_tolerance_s && at <= now_s + conf.payment_tolerance_s;
}

/* --- The event --- */

/* The row deduplicates: a concurrent event with the same id waits for it, then finds it. */
static struct pg_stmt add_event = PG_STMT("insert", "payment_events",
    "INSERT INTO payment_events (id, type, order_id, payment_id, amount, outcome)"
    " VALUES ($1, $2, $3, $4, nullif($5::bigint, -1), 'received')"
    " ON CONFLICT (id) DO NOTHING RETURNING 1");
static struct pg_stmt set_outcome = PG_STMT("update", "payment_events",
    "UPDATE payment_events SET outcome = $2 WHERE id = $1");
static struct pg_stmt find_outcome = PG_STMT("select", "payment_events",
    "SELECT outcome FROM payment_events WHERE id = $1");

/* The order cannot be paid any more: it was already, by the same payment, or the money must be refunded. */
static int
pay_too_late(struct pg *pg, const struct payment_event *e, const struct order_changed *was, const char **outcome)
{
	bool same = was->payment != NULL && e->payment != NULL && strcmp(was->payment, e->payment) == 0;

	*outcome = same && strcmp(was->status, "cancelled") != 0 ? "already_paid" : "refund_due";
	return **outcome == 'a' ? 0 : order_event(pg, e->order, "order.refund-due", e->amount >= 0 ? e->amount
	    : was->total, e->traceparent);
}

static int
pay_order(struct pg *pg, struct arena *mem, const struct payment_event *e, struct order_changed *done,
    const char **outcome)
{
	struct order_change c = {
		.id = e->order, .action = ORDER_PAY, .payment = e->payment, .traceparent = e->traceparent,
		.amount = e->amount,
	};
	int rc = order_move(pg, mem, &c, done);

	*outcome = "paid";
	if (rc == E_ORDER_STATE)
		return pay_too_late(pg, e, done, outcome);
	if (rc == E_VALIDATION) {
		*outcome = "amount_mismatch";
		return AUDIT_IN(pg, "suspicious_activity", NULL, NULL,
		    JS("reason", "a payment of another amount than the order's"),
		    JS("order", e->order), JI("amount", e->amount), JI("total", done->total));
	}
	return rc;
}

static int
cancel_order(struct pg *pg, struct arena *mem, const struct payment_event *e, struct order_changed *done,
    const char **outcome)
{
	struct order_change c = { .id = e->order, .action = ORDER_CANCEL, .reason = "payment",
	    .traceparent = e->traceparent, .amount = -1 };
	int rc = order_move(pg, mem, &c, done);

	*outcome = rc == E_ORDER_STATE ? "noted" : "cancelled";
	return rc == E_ORDER_STATE ? 0 : rc;
}

static int
apply_event(struct pg *pg, struct arena *mem, const struct payment_event *e, struct order_changed *done,
    const char **outcome)
{
	int rc = 0;

	*outcome = "noted";
	if (strcmp(e->type, "payment.succeeded") == 0)
		rc = pay_order(pg, mem, e, done, outcome);
	else if (strcmp(e->type, "payment.cancelled") == 0)
		rc = cancel_order(pg, mem, e, done, outcome);
	if (rc == E_NOT_FOUND) {
		*outcome = "unknown_order";
		rc = 0;
	}
	return rc < 0 ? rc : pg_query(pg, NULL, &set_outcome, pg_text(e->id), pg_text(*outcome));
}

static int
apply_once(struct pg *pg, struct arena *mem, const struct payment_event *e, struct order_changed *done,
    const char **outcome, bool *again)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &add_event, pg_text(e->id), pg_text(e->type), pg_text(e->order), pg_text(e->payment),
	    pg_int(e->amount));
	if (rc < 0)
		return rc;
	if (!(*again = r.n == 0))
		return apply_event(pg, mem, e, done, outcome);
	if ((rc = pg_query(pg, &r, &find_outcome, pg_text(e->id))) == 0)
		*outcome = r.n > 0 ? pg_string(&r, 0, 0) : "noted";
	return rc;
}

int
payment_apply(struct arena *mem, const struct payment_event *e, const char **outcome, bool *again)
{
	struct order_changed done = { 0 };
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	rc = apply_once(pg, mem, e, &done, outcome, again);
	if ((rc = pg_end(&pg, rc)) == 0)
		order_publish(&done);
	return rc;
}
