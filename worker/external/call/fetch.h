/* fetch.h -- calls to an external service: cache, quota, breaker, limits and retries in one place.
 *
 * In this order: a fresh cached answer; then no call while the service asked for a pause, while its breaker is open or
 * all its slots are taken; the cost is reserved (quota.h) before every attempt, retries too; the answer is judged by
 * its status. Keys travel in headers, so that neither URLs nor logs hold them.
 */
#ifndef CALL_FETCH_H
#define CALL_FETCH_H

#include "base/json.h"
#include "breaker.h"
#include "run/co.h"
#include "worker/domain/external/external_api.h"

/* A service, in static memory of its client. */
struct fetch_api {
	enum external_api	 api;
	const char		*key_header;		/* "x-api-key" */
	const char		*more_header;		/* another header line; NULL: none */
	const char *const	*base, *const *key;	/* in conf */
	bool			 free_refusals;		/* a refused attempt costs nothing */
	/* Set: a 429 without Retry-After is not a rate but an end (a spending limit), and so are 401 and 403. Yields.
	 */
	void			(*on_end)(const char *why);

	struct breaker		 breaker;
	struct co_gate		 slots;
	int			 busy;			/* calls under way */
	int64_t			 not_before_ms;		/* the service asked for a pause (monotonic) */
};
struct fetch_ask {
	enum external_endpoint	 endpoint;
	const char		*method, *path;		/* path and query below the base URL, or "https://…" whole */
	struct str		 body;			/* JSON; p NULL: none */
	int64_t			 units;			/* cost of an attempt; 0: none */
	int64_t			 fresh_s;		/* the answer is cached for so long; 0: not at all */
	int64_t			 limit_ms;		/* of all attempts together; 0: EXTERNAL_TIMEOUT_MS for each */
	bool			 once;			/* never retried: it is not known what a failed one did */
	/* Takes the body piece by piece as it arrives, in the loop (must not yield); negative: enough, the call fails.
	 * NULL: it comes as a whole. */
	int			(*take)(void *arg, const char *p, size_t n);
	void			*arg;
};
struct fetch_answer {
	int			 status;
	struct str		 body;			/* in the coroutine's arena */
	bool			 cached;
};

/* Yields. 0: a status below 300, or a cached answer. E_RATE: the day's quota is used up, or the service asks to wait
 * for longer than the caller; E_BUSY: breaker open, or no slot; E_TOO_LARGE: longer than EXTERNAL_ANSWER_BYTES;
 * E_FORBIDDEN: 401, 403, or the end of on_end; E_NOT_FOUND: 404; E_VALIDATION: another 4xx; E_DOWN, E_TIMEOUT,
 * E_CANCELED, and as quota_reserve. */
int	 fetch(struct fetch_api *api, const struct fetch_ask *ask, struct fetch_answer *out);

#endif
