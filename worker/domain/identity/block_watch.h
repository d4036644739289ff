/* block_watch.h -- blocks that are set or lifted by hand: an `ip_block:{ip}` key set or deleted in Redis directly is
 * added to or removed from `ip_blocks` and announced, as guard.c does with its own, within a second.
 */
#ifndef IDENTITY_BLOCK_WATCH_H
#define IDENTITY_BLOCK_WATCH_H

/* One process a host, without a near cache; after redis_open. */
void	 block_watch_start(void);

#endif
