/* near.h -- hot values of Redis in this process's own memory, kept right by Redis itself.
 *
 * Server-assisted client caching on RESP2: the command connection has its tracked reads announced as invalid on the
 * subscription connection (CLIENT TRACKING ON REDIRECT … OPTIN). While either connection is away nothing is kept and
 * every read goes to Redis. Bounded by bytes (CACHE_LOCAL_BYTES), least recently used out first. Absent keys are kept
 * too.
 */
#ifndef LINK_NEAR_H
#define LINK_NEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Keep values from now on, at most `bytes` of them with their keys (0: none). Once a process, after redis_open; closed
 * by redis_close. */
void	 near_open(size_t bytes);
/* The value of a key that is held: true, with p NULL when the key is known to be absent. Valid until the caller yields.
 * Does not yield. */
bool	 near_get(const char *key, struct str *out);
/* The same, asking Redis when it is not held; concurrent misses of one key ask once. Yields on a miss. Errors as
 * redis_get. */
int	 near_read(const char *key, struct str *out);
/* Bytes and values held, and whether Redis keeps us informed. */
size_t	 near_bytes(void);
size_t	 near_count(void);
bool	 near_active(void);

#endif
