/* hostile.h -- a hostile scheduler: fault injection at the waits of coroutines. For the sanitizers' build alone (make
 * hostile).
 *
 * Each layer registers calamities, faults that a waiting coroutine may suffer from outside: its client resets, its
 * token expires, its connection to a server breaks. Each wait draws one at random. It strikes in the loop, as a
 * callback would, before woken coroutines run, and these run in random order. Free lists keep nothing, so that a use
 * after free is found. HOSTILE_SEED seeds the generator (each process adds its name), HOSTILE_PER_MILLE is the share
 * of waits that are struck, HOSTILE_UNTIL (ms since 1970) ends it. Without -DHOSTILE all of this compiles to nothing.
 */
#ifndef RUN_HOSTILE_H
#define RUN_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

struct co;

struct calamity {
	const char	*name;
	int		 weight;	/* how often it is drawn, compared with the others */
	/* Let it befall the waiting coroutine `victim`; false: it cannot. On the loop's stack; may wake and cancel
	 * coroutines. */
	bool		(*strike)(struct co *victim);
};

#ifdef HOSTILE
/* How many idle objects a free list may keep. */
#define HOSTILE_KEEPS(n) 0

/* Register calamities; once a process for each list, which ends with a NULL name and lives as long as the process. */
void	 hostile_enlist(const struct calamity *list);
/* The calamities of co.c itself: a spurious wake-up, an early deadline. */
extern const struct calamity co_calamities[];
/* Start; once a process, with its name. Nothing is struck without HOSTILE_SEED. */
void	 hostile_start(const char *process);
/* A number below `n`. */
uint32_t hostile_below(uint32_t n);

/* For co.c: the coroutine begins a wait, numbered `wait` in this process. */
void	 hostile_wait(struct co *c, uint64_t wait);
/* For co.c: strike the victims that are, according to `waits`, still in the same wait; and whether victims are
 * pending. */
void	 hostile_strike(bool (*waits)(const struct co *c, uint64_t wait));
bool	 hostile_pending(void);
/* For co.c: whether the scheduler is active. */
bool	 hostile_on(void);
#else
#define HOSTILE_KEEPS(n) (n)
#endif

#endif
