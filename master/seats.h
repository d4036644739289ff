/* seats.h -- the desired and the actual processes: a seat for each wanted process, and the children on the seats.
 *
 * A seat has at most one serving child and one successor that is starting. A child without a seat is retired: it was
 * told to stop and is only waited for. Children are indexed by their scoreboard slot.
 */
#ifndef MASTER_SEATS_H
#define MASTER_SEATS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "procs.h"

struct child {
	pid_t			 pid;		/* 0: no such child */
	int			 slot;		/* of the scoreboard */
	const struct proc_row	*row;
	struct seat		*seat;		/* NULL: retired */
	uint32_t		 generation;	/* of its configuration */
	int64_t			 started_ms, kill_ms;	/* monotonic; kill_ms 0: not told to stop */
	bool			 killed;	/* by us */
	bool			 reopen;	/* is to open the log file again */
	int64_t			 broker;	/* incarnation of the broker it works with; 0: none yet */
};

struct seat {
	const struct proc_row	*row;
	int			 index;		/* 1.. */
	struct child		*now, *next;
	bool			 due;		/* to be replaced by a successor */
	bool			 given;		/* its child handed its work on to the new master's */
	int64_t			 backoff_ms, retry_ms;	/* last wait; no start before (monotonic) */
	uint32_t		 restarts;
	uint32_t		 young;		/* deaths in a row of children that had hardly lived */
};

/* How many of each kind are wanted, by configuration; both start at 0. */
void		 seats_want_all(const struct conf *c);
void		 seats_want(enum proc_kind kind, int n);
int		 seats_wanted(enum proc_kind kind);

/* Walk: seats of a kind that are wanted or still sat on, children alive; NULL after the last. Begin with NULL. */
struct seat	*seats_next(const struct proc_row *row, const struct seat *after);
struct child	*children_next(const struct child *after);
/* The child with this pid, or NULL. */
struct child	*children_find(pid_t pid);

/* The upgrade failed: fill the seats again whose work had been handed to the new master. */
void		 seats_take_back(void);

/* The record of a child just forked into this slot. */
struct child	*children_add(int slot, pid_t pid, const struct seat *seat);
/* Its state as it reports it (enum slot_state). */
int		 child_state(const struct child *c);
/* Take the child's seat away: it is retired. */
void		 child_unseat(struct child *c);

#endif
