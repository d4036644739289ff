/* redis_watch.h -- notifications of keys with a prefix that any client changes: set, deleted, expired.
 *
 * Client tracking in broadcasting mode (CLIENT TRACKING ON REDIRECT … BCAST PREFIX), which needs no setting of the
 * server. A process that watches has no near cache (near.h): Redis tracks a connection in one mode.
 */
#ifndef LINK_REDIS_WATCH_H
#define LINK_REDIS_WATCH_H

#include <stddef.h>

/* Call `on_key` with every key that begins with `prefix` and was changed, NUL-terminated; and with NULL whenever
 * changes may have been missed: when watching begins, after a lost connection, when everything was flushed. Not in a
 * coroutine; must not yield. Once a process, after redis_open; ends with redis_close. */
void	 redis_watch(const char *prefix, void (*on_key)(const char *key, size_t n));

#endif
