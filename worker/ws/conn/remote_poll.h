/* remote_poll.h -- polling requests that came by another host (worker/http/poll_relay.h): each session that polls has
 * a channel for them.
 *
 * Their askers (front.h) are those of the connection REMOTE_FRONT.
 */
#ifndef CONN_REMOTE_POLL_H
#define CONN_REMOTE_POLL_H

#include <stdint.h>

#include "base/str.h"
#include "link/redis.h"
#include "proc/relay.h"

/* A request that waits for an answer: its connection and its number there. */
struct asker {
	uint32_t	 front, id;
};
enum { REMOTE_FRONT = 0 };

/* Handlers of polling requests, of this host and of others. */
struct asker_ops {
	void	(*on_poll)(struct asker who, struct str header, struct str body);
	/* The client has disconnected. */
	void	(*on_cancel)(struct asker who);
	/* The answer is wanted now. */
	void	(*on_release)(struct asker who);
};
/* Once a process. */
void	 remote_poll_start(const struct asker_ops *wanted);

/* Listen for the requests of this session until redis_unsubscribe. NULL where WS_POLL_RELAY is off. */
struct redis_sub *remote_poll_open(const char *sid);
/* For front.c: answer one. */
void	 remote_poll_answer(uint32_t id, const struct relay_frame *answer);

#endif
