/* backlog.h -- records on their way into a table: they wait in memory and are written in batches by a coroutine of their own, so
 * that whoever made them goes on.
 *
 * Each is a JSON object. The queue is bounded and waits while PostgreSQL is away; a batch that it will never take is given up.
 */
#ifndef CORE_BACKLOG_H
#define CORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "run/co.h"
#include "run/loop.h"

struct backlog_entry;
struct backlog {
	/* In static memory; what the owner sets. */
	int	(*write)(const char *json);		/* an array of records; yields; errors as pg_query */
	void	(*settled)(int n, int rc);		/* so many have left the queue: written (0), or given up (why) */
	int	  batch_max;
	int	  refused_ms;				/* pause after a batch was given up */

	struct backlog_entry	 *first, **end;
	int			  n;			/* in the queue */
	bool			  writing;
	struct co_gate		  emptied;
	struct loop_timer	  timer;
};

/* Queue a copy of the record; false when there are `max` already. Any context with a loop; does not yield. */
bool	 backlog_add(struct backlog *b, int max, const char *json, size_t n);
/* Wait until the queue is empty. Yields. Results as co_park. */
int	 backlog_flush(struct backlog *b);

#endif
