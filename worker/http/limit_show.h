/* limit_show.h -- shows in Redis what the limits count: `rate_limit:{user or address}:{route}`, requests of a minute,
 * and `ip_limit:{address}`, requests of an hour, refused ones included.
 *
 * For people and other services; Dure decides by its buckets (limit.h). Each process adds its counts once a second, so
 * that no request waits for Redis or sends anything.
 */
#ifndef HTTP_LIMIT_SHOW_H
#define HTTP_LIMIT_SHOW_H

#include <stdbool.h>
#include <stdint.h>

/* Once a process, after the loop was made. */
void	 limit_show_start(void);
/* Count one request of `who`, a user or the client, from this client, at the route with this path. `key`: a hash of the
 * three. `by_redis`: limit.c counts it under rate_limit itself. Does not yield; the path is a static text. */
void	 limit_show_count(uint64_t key, const char *who, const char *client, const char *path, bool by_redis);

#endif
