/* limit_share.h -- enforces the rate limit of an API key over all hosts, without a round trip per request.
 *
 * Each worker adds what it admitted to Redis once a second (`rate_limit:{key id}:{class}`). When all hosts together
 * have used a key's allowance, its local bucket is drained for the rest of the period. A key gets at most one second's
 * requests too many.
 */
#ifndef HTTP_LIMIT_SHARE_H
#define HTTP_LIMIT_SHARE_H

#include "proc/bucket.h"

/* Begin to share; once a process, after the loop was made. */
void	 limit_share_start(void);
/* Count one admitted request of this API key. Does not yield; `class` is a static text. */
void	 limit_share_count(const char *api_key, const char *class, uint64_t bucket, const struct bucket_rate *rate);

#endif
