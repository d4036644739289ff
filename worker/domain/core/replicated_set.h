/* replicated_set.h -- keeps a process's copy of a small set current: what every request is checked against without a
 * round trip.
 *
 * The owner holds the copy and knows how to read the whole of it (load) and, where messages say enough, how to apply
 * one change. The copy is loaded after the channel was subscribed to, so that nothing falls between; again after every
 * loss of the subscription, after `renew_ms` at the latest, and after `retry_ms` where a load failed.
 */
#ifndef CORE_REPLICATED_SET_H
#define CORE_REPLICATED_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/co.h"
#include "run/loop.h"

struct replicated_set {
	/* In static memory; set by the owner. */
	const char	 *channel;			/* Redis channel of changes */
	/* reads the whole set into the copy; yields; an error leaves the copy as it was */
	int		(*load)(void);
	/* one change as published; must not yield. NULL: a change means load again */
	void		(*apply)(const char *p, size_t n);
	int64_t		  load_limit_ms;		/* deadline of a load; 0: none */
	int64_t		  retry_ms;			/* after a load that failed; 0: at the next renewal */

	/* Its own. */
	int64_t		  renew_ms;
	bool		  known, loading, again, stopped;
	struct co_gate	  changed;			/* a load ended */
	struct loop_timer renewal, retry;
};

/* Begin to follow, once a process, after redis_open. `renew_ms` 0: load only after a (re)subscription; else a first
 * load is also begun at once, for sets that do not live in Redis. Does not yield. */
void	 replicated_set_start(struct replicated_set *s, int64_t renew_ms);
/* Whether the set has been loaded at least once. */
bool	 replicated_set_known(const struct replicated_set *s);
/* Wait until it is known, at most `timeout_ms`. Yields. 0, E_DOWN, E_CANCELED. */
int	 replicated_set_wait(struct replicated_set *s, int64_t timeout_ms);
/* Load no more, and wait for the load under way. Yields. */
void	 replicated_set_stop(struct replicated_set *s);

#endif
