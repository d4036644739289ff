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
struct due_entry {
	struct due_entry	*prev, *next;
	int64_t			 at_ms;
};
struct due {
	struct due_entry	 head;		/* of the ring, soonest first */
	int64_t			 after_ms;
	struct loop_timer	 timer;
	void			(*on_due)(struct due_entry *);	/* the entry no longer waits */
};
void	 due_init(struct due *d, int64_t after_ms, void (*on_due)(struct due_entry *));
/* (Re)start the entry: it is due `after_ms` from now. It may have waited in another queue. */
void	 due_start(struct due *d, struct due_entry *e);
/* The same for an entry that was due a moment ago elsewhere, from then: two waits in a row are no longer for a late
 * timer, unless the whole process was late. All entries of a queue are started in one of the two ways. */
void	 due_go_on(struct due *d, struct due_entry *e);
void	 due_stop(struct due_entry *e);
/* Start it as another process had: due at `at_ms` (monotonic). Cheap when those that are due sooner come first. */
void	 due_start_at(struct due *d, struct due_entry *e, int64_t at_ms);

static inline bool
due_waits(const struct due_entry *e)
{
	return e->next != NULL;
}

#endif
