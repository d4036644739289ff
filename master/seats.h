/* seats.h -- who should run and who does: a seat for each wanted process, and the children that sit there.
 *
 * A seat has at most one child that serves and one successor on its way. A child that lost its seat is retired: it was
 * told to stop and is only waited for. Children are numbered by their scoreboard slot.
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

/* The new master did not come to be: seats whose work it had are filled again. */
void		 seats_take_back(void);

/* The record of a child just forked into this slot. */
struct child	*children_add(int slot, pid_t pid, const struct seat *seat);
/* Its state as it reports it (enum slot_state). */
int		 child_state(const struct child *c);
/* It was wanted no longer: take its seat away. */
void		 child_unseat(struct child *c);

#endif
