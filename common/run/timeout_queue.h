/* timeout_queue.h -- many timeouts of one length: a queue in order of time, and a single timer for its head.
 *
 * Restarting an entry is two pointer changes, so a heartbeat of ten thousand sessions costs no timer each.
 */
#ifndef RUN_TIMEOUT_QUEUE_H
#define RUN_TIMEOUT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/holder.h"
#include "loop.h"

/* Zeroed: not waiting. In the memory of what it belongs to. */
struct timeout {
	struct timeout		*prev, *next;
	int64_t			 at_ms;
};
struct timeout_queue {
	struct timeout		 head;		/* of the ring, soonest first */
	int64_t			 after_ms;
	struct loop_timer	 timer;
	void			(*on_timeout)(struct timeout *);	/* the timeout no longer waits */
};
void	 timeout_queue_init(struct timeout_queue *q, int64_t after_ms, void (*on_timeout)(struct timeout *));
/* (Re)start the timeout: it expires `after_ms` from now. It may have waited in another queue. */
void	 timeout_start(struct timeout_queue *q, struct timeout *e);
/* The same for a timeout that just expired in another queue, counted from that expiry: two waits in a row do not add
 * up timer delays, unless the whole process was late. All timeouts of a queue are started in one of the two ways. */
void	 timeout_go_on(struct timeout_queue *q, struct timeout *e);
void	 timeout_stop(struct timeout *e);
/* Start a timeout taken over from another process: it expires at `at_ms` (monotonic). Cheap when timeouts are started
 * in order of expiry. */
void	 timeout_start_at(struct timeout_queue *q, struct timeout *e, int64_t at_ms);

static inline bool
timeout_waits(const struct timeout *e)
{
	return e->next != NULL;
}

#endif
