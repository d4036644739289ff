/* near.h -- a near cache: hot values of Redis in this process's memory, invalidated by Redis.
 *
 * Server-assisted client caching on RESP2: invalidations of keys that the command connection has read arrive on the
 * subscription connection (CLIENT TRACKING ON REDIRECT … OPTIN). While either connection is down nothing is cached and
 * every read goes to Redis. Bounded by bytes (CACHE_LOCAL_BYTES), evicting the least recently used. Absent keys are
 * cached too.
 */
#ifndef LINK_NEAR_H
#define LINK_NEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Cache from now on, `bytes` of keys and values at most (0: none). Once a process, after redis_open; closed by
 * redis_close. */
void	 near_open(size_t bytes);
/* The cached value of a key: true, with p NULL when the key is known to be absent; false: not cached. Valid until the
 * caller yields. Does not yield. */
bool	 near_get(const char *key, struct str *out);
/* The same, asking Redis on a miss; concurrent misses of one key share one read (single flight). Yields on a miss.
 * Errors as redis_get. */
int	 near_read(const char *key, struct str *out);
/* Cached bytes and values, and whether invalidations arrive. */
size_t	 near_bytes(void);
size_t	 near_count(void);
bool	 near_active(void);

#endif
