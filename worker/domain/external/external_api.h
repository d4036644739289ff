/* external_api.h -- the external services: their endpoints, the buckets of their quotas, and the metrics by these.
 *
 * A service is on when its key is configured. etc/doc/curation.md explains them to operators.
 */
#ifndef EXTERNAL_EXTERNAL_API_H
#define EXTERNAL_EXTERNAL_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/conf.h"
#include "quota_clock.h"

enum external_api { API_YOUTUBE, API_ANTHROPIC, API_NEWS, EXTERNAL_APIS };
enum external_endpoint { YOUTUBE_VIDEOS, YOUTUBE_SEARCH, ANTHROPIC_MESSAGES, ANTHROPIC_BATCHES, NEWS_HEADLINES,
	EXTERNAL_ENDPOINTS };
enum external_bucket { BUCKET_YOUTUBE_UNITS, BUCKET_YOUTUBE_SEARCHES, BUCKET_ANTHROPIC_TOKENS, BUCKET_NEWS_CALLS,
	EXTERNAL_BUCKETS };

struct external_endpoint_row {
	enum external_api	 api;
	const char		*name;		/* as metrics have it: "videos.list" */
	enum external_bucket	 bucket;
};
struct external_bucket_row {
	enum external_api	 api;
	const char		*name;
	enum quota_zone		 zone;		/* its day */
	int64_t			(*limit)(void);	/* of a day, as configured */
};
extern const struct external_endpoint_row external_endpoints[EXTERNAL_ENDPOINTS];
extern const struct external_bucket_row external_buckets[EXTERNAL_BUCKETS];

const char	*external_api_name(enum external_api api);
/* Whether the service has a key. */
bool		 external_on(const struct conf *c, enum external_api api);

/* What became of a call, as external_calls_total has it. */
enum external_result { EXTERNAL_OK, EXTERNAL_CACHED, EXTERNAL_RETRIED, EXTERNAL_FAILED, EXTERNAL_REFUSED,
	EXTERNAL_RESULTS };
void		 external_count(enum external_api api, enum external_result result);
/* Registers the labels of the metrics; once in a process that renders them. */
void		 external_metrics_start(void);

#endif
