/* request.c -- sends answers on topics. See request.h. */
#include "request.h"

#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "worker/child.h"

enum { RETRY_MS = 200, RETRY_MAX_MS = 1000 };

int
request_answer(const struct request *rq, const char *topic, const char *key, const char *id, const char *type,
    struct str value)
{
	char time[TIME_TEXT_BYTES];
	const struct kafka_header h[] = { { "messageId", id }, { "type", type },
	    { "timestamp", time_text(time, now_ms()) },
	    { "traceparent", rq->traceparent } };
	int64_t wait_ms = RETRY_MS;
	int rc;

	while ((rc = kafka_produce(topic, str_of(key), value, h, NELEM(h))) < 0) {
		if (rc == E_TOO_LARGE || rc == E_VALIDATION)
			return rc;
		log_warn("answer is sent again", JS("topic", topic), JS("reason", err_row(rc)->code));
		if (rc == E_CANCELED || child_stopping() || co_sleep(wait_ms) < 0)
			return E_CANCELED;
		wait_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
	}
	return 0;
}
