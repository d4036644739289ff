/* request.h -- one request to the analyzer, from its message to the acknowledged answer.
 *
 * analysis-requests classifies the reviews; progress and cards to realtime-status, outcome to analysis-results
 *   product-search-requests   searches the stored products, answers on product-search-results
 *   watchlist-requests        answers with the stored product on watchlist-updates
 *   batch-jobs                acknowledged on batch-job-status; the analyses arrive by themselves
 */
#ifndef ANALYZER_REQUEST_H
#define ANALYZER_REQUEST_H

#include "link/kafka.h"
#include "model.h"

struct request {		/* on the heap, a copy of the message's content */
	const char	*topic;		/* static */
	struct str	 value;
	const char	*traceparent;	/* NULL: none */
};

/* Sends a message for this request and waits until it is acknowledged; retries until then. Yields. 0, or E_CANCELED
 * when the process stops, or E_TOO_LARGE, E_VALIDATION (it can never be sent). */
int	 request_answer(const struct request *rq, const char *topic, const char *key, const char *id, const char *type,
    struct str value);

/* Each processes a request to its end. Yields. 0: done (answered, or unanswerable); E_CANCELED: not done, because the
 * process stops. */
int	 analysis_request_run(const struct request *rq, const struct model *model);
int	 search_request_run(const struct request *rq);
int	 watch_request_run(const struct request *rq);
int	 batch_request_run(const struct request *rq);

#endif
