/* guard.h -- who may not come in at all: blocked addresses, known to every worker without asking.
 *
 * `ip_block:{ip}` in Redis is the truth, with its time to live; the sorted set `ip_blocks` lists them and the channel
 * `ip_block` tells. Each process holds a copy, renewed after a reconnection and twice a minute, so that a key deleted
 * by hand counts too. An IPv6 client is blocked, and counted, by its /64.
 */
#ifndef IDENTITY_GUARD_H
#define IDENTITY_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/* Begin to follow the blocks; once a process, after the loop was made. */
void		 guard_start(void);
/* Block the client at this address from now on, on every host; logged as suspicious_activity with `reason`. Does not
 * yield; while Redis is away only this process knows. */
void		 guard_block_ip(const char *ip, int64_t seconds, const char *reason);
/* Whether it is blocked here, and for how long, s. Never while RATE_LIMIT_ENABLED is false. */
bool		 guard_blocked(const char *ip, int64_t *left_s);
/* What was learnt on another way: this client is blocked for so long. */
void		 guard_learn(const char *ip, int64_t seconds);

enum { GUARD_CLIENT_BYTES = 64 };
/* The name by which a client is counted: an IPv4 address as it is, an IPv6 one as its prefix "2001:db8:1:2::/64". */
const char	*guard_client(const char *ip, char out[GUARD_CLIENT_BYTES]);
/* This process's part of a budget that all processes of its kind together grant a client, rounded up, or `least` (of
 * the budget) where that is more: what one client needs to get on at all. */
int64_t		 guard_share(int64_t budget, int64_t least);

#endif
