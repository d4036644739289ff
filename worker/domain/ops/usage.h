/* usage.h -- daily usage (UTC): active_users:{date} and api_requests:{date}:{endpoint} in Redis.
 *
 * Collected in the process and added to Redis every few seconds, not per request. What Redis cannot take is added
 * later.
 */
#ifndef OPS_USAGE_H
#define OPS_USAGE_H

/* Begins the flushes; once a process, after the loop was made. `count` returns the requests so far at endpoint i, for
 * i in 1..n, `name` its path; both may be called at any time and must not yield. */
void	 usage_start(int n, const char *(*name)(int i), unsigned long long (*count)(int i));
/* Adds what is left to Redis, before the process ends. */
void	 usage_flush(void);
/* Counts this user as active today. Does not yield. */
void	 usage_user(const char *user);

#endif
