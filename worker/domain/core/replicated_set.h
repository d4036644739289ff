/* replicated_set.h -- keeps a process's copy of a small set current, so that checking it costs no round trip.
 *
 * The owner holds the copy and provides how to load it whole and, where messages carry enough, how to apply one
 * change. The copy is loaded after the subscription began, so that no change falls in between; again after every loss
 * of the subscription, every `renew_ms`, and `retry_ms` after a failed load.
 */
#ifndef CORE_REPLICATED_SET_H
#define CORE_REPLICATED_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/co.h"
#include "run/loop.h"

struct replicated_set {
	/* Set by the owner, in static memory. */
	const char	 *channel;			/* Redis channel of changes */
	/* loads the whole set into the copy; yields; an error leaves the copy unchanged */
	int		(*load)(void);
	/* applies one published change; must not yield. NULL: a change means a full load */
	void		(*apply)(const char *p, size_t n);
	int64_t		  load_limit_ms;		/* deadline of a load; 0: none */
	int64_t		  retry_ms;			/* pause after a failed load; 0: until the next renewal */

	/* Private. */
	int64_t		  renew_ms;
	bool		  known, loading, again, stopped;
	struct co_gate	  changed;			/* a load ended */
	struct loop_timer renewal, retry;
};

/* Begins to follow the set, once a process, after redis_open. `renew_ms` 0: loads only after a (re)subscription; else
 * also at once, for sets that do not live in Redis. Does not yield. */
void	 replicated_set_start(struct replicated_set *s, int64_t renew_ms);
/* Whether the set has been loaded at least once. */
bool	 replicated_set_known(const struct replicated_set *s);
/* Waits until it has been loaded once, at most `timeout_ms`. Yields. 0, E_DOWN, E_CANCELED. */
int	 replicated_set_wait(struct replicated_set *s, int64_t timeout_ms);
/* Stops loading, and waits for a load under way. Yields. */
void	 replicated_set_stop(struct replicated_set *s);

#endif
