/* remote_poll.h -- polling requests that came by another host (worker/http/poll_relay.h): each session that polls has a
 * channel for them.
 *
 * They are askers like any other (front.h), of the connection FAR_FRONT.
 */
#ifndef CONN_REMOTE_POLL_H
#define CONN_REMOTE_POLL_H

#include "front.h"
#include "link/redis.h"
#include "proc/relay.h"

enum { FAR_FRONT = 0 };

/* Listen for the requests of this session until redis_unsubscribe. NULL where WS_POLL_RELAY is off. */
struct redis_sub *remote_poll_open(const char *sid);
/* For front.c: answer one. */
void	 remote_poll_answer(uint32_t id, const struct relay_frame *answer);

#endif
