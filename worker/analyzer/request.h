/* request.h -- one message for the analyzer, from its topic to the answer that Kafka has acknowledged.
 *
 * analysis-requests: read the reviews, classify, tell progress and cards on realtime-status, the outcome on
 * analysis-results. product-search-requests: search what is held here, answer on product-search-results.
 * watchlist-requests: say on watchlist-updates what is known of the product here. batch-jobs: take note on
 * batch-job-status; the analyses come by themselves.
 */
#ifndef ANALYZER_REQUEST_H
#define ANALYZER_REQUEST_H

#include "link/kafka.h"
#include "model.h"

struct request {		/* on the heap, a copy of what the message said */
	const char	*topic;		/* static */
	struct str	 value;
	const char	*traceparent;	/* NULL: none */
};

/* Send a message of this request's and wait until it is acknowledged; tries until then. Yields. 0, or E_CANCELED when
 * the process stops, or E_TOO_LARGE, E_VALIDATION (never will be taken). */
int	 request_answer(const struct request *rq, const char *topic, const char *key, const char *id, const char *type,
    struct str value);

/* Work on it to its end. Yields. 0: done (answered, or nothing can be answered); E_CANCELED: not done, because the
 * process stops. */
int	 analysis_request_run(const struct request *rq, const struct model *model);
int	 search_request_run(const struct request *rq);
int	 watch_request_run(const struct request *rq);
int	 batch_request_run(const struct request *rq);

#endif
