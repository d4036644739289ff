/* usage.h -- who was here and what was asked for, by day (UTC): active_users:{date} and api_requests:{date}:{endpoint}
 * in Redis.
 *
 * Collected in the process, added to Redis every few seconds, never a request. What Redis cannot take is added when it
 * can.
 */
#ifndef OPS_USAGE_H
#define OPS_USAGE_H

/* Begin; once a process, after the loop was made. `count` requests so far at endpoint i, for i in 1..n; `name` is its
 * path (both may be asked at any time, and do not yield). */
void	 usage_start(int n, const char *(*name)(int i), unsigned long long (*count)(int i));
/* Tell what was not told yet: the process ends. */
void	 usage_flush(void);
/* This user asks for something. Does not yield. */
void	 usage_user(const char *user);

#endif
