/* limit_share.h -- the allowance of an API key over all hosts, without asking on a request.
 *
 * What a worker lets through is counted and added to Redis once a second (`rate_limit:{key id}:{class}`); a key that
 * has had its whole allowance on all hosts together is drained here for the rest of its period. So it gets at most a
 * second's requests too many.
 */
#ifndef HTTP_LIMIT_SHARE_H
#define HTTP_LIMIT_SHARE_H

#include "proc/bucket.h"

/* Begin to share; once a process, after the loop was made. */
void	 limit_share_start(void);
/* One request of this API key was let through. Does not yield; `class` is a static text. */
void	 limit_share_count(const char *api_key, const char *class, uint64_t bucket, const struct bucket_rate *rate);

#endif
