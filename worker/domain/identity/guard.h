/* guard.h -- blocked addresses, checked by every worker without a round trip.
 *
 * `ip_block:{ip}` in Redis is authoritative, with its ttl; the sorted set `ip_blocks` lists them and the channel
 * `ip_block` announces changes, those made by hand too (block_watch.h). Each process holds a copy, reloaded after a
 * reconnection and every few seconds. An IPv6 client is blocked, and counted, by its /64.
 */
#ifndef IDENTITY_GUARD_H
#define IDENTITY_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* Begin to follow the blocks; once a process, after the loop was made. */
void		 guard_start(void);
/* Blocks the client at this address on every host for so many seconds; logs suspicious_activity with `reason`. Does
 * not yield. While Redis is away the block holds in this process only. */
void		 guard_block_ip(const char *ip, int64_t seconds, const char *reason);
/* Whether the address is blocked; *left_s: for how many seconds. Always false while RATE_LIMIT_ENABLED is false. */
bool		 guard_blocked(const char *ip, int64_t *left_s);
/* Records a block found elsewhere: this client, for so many seconds. */
void		 guard_learn(const char *ip, int64_t seconds);

enum { GUARD_CLIENT_BYTES = 64 };
#define GUARD_FOREVER_S INT64_C(315360000)	/* of a block whose key has no ttl */

/* The name that a client is counted under: an IPv4 address as it is, an IPv6 one as its prefix "2001:db8:1:2::/64".
 * Into `out`; returns `out`. */
const char	*guard_client(const char *ip, char out[GUARD_CLIENT_BYTES]);
/* This process's share of a budget that all processes of its kind grant a client together, rounded up; at least
 * `least`, without which no client could work. */
int64_t		 guard_share(int64_t budget, int64_t least);

#endif
