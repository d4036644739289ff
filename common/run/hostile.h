/* hostile.h -- a hostile scheduler, for the sanitizers' build alone (make hostile): misfortunes at the waits of
 * coroutines.
 *
 * Each layer enlists what can befall a coroutine that waits, as the outside would bring it about: its client resets,
 * its token ends, its connection to a server is lost. At each wait, by chance, one of them is drawn; it strikes in the
 * loop, as a callback would, before woken coroutines run, and those run in any order. Free lists keep nothing, so that
 * what is used after its end is found. HOSTILE_SEED seeds the chance (each process adds its own name),
 * HOSTILE_PER_MILLE of the waits are struck, HOSTILE_UNTIL (ms since 1970) is the end of it. Without -DHOSTILE all of
 * this is nothing.
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
/* How many idle things a free list may keep. */
#define HOSTILE_KEEPS(n) 0

/* Draw from these too; once a process, the list ends with a NULL name and lives as long as the process. */
void	 hostile_enlist(const struct calamity *list);
/* What co.c itself can let befall one: a wake-up without a reason, an early deadline. */
extern const struct calamity co_calamities[];
/* Begin; once a process, which is called this. Nothing is struck without HOSTILE_SEED. */
void	 hostile_start(const char *process);
/* A number below `n`. */
uint32_t hostile_below(uint32_t n);

/* For co.c: the coroutine waits for the `wait`-th time of the process. */
void	 hostile_wait(struct co *c, uint64_t wait);
/* For co.c: strike the victims that are, says `waits`, in the same wait still; whether victims are pending. */
void	 hostile_strike(bool (*waits)(const struct co *c, uint64_t wait));
bool	 hostile_pending(void);
/* For co.c: whether chance is at work. */
bool	 hostile_on(void);
#else
#define HOSTILE_KEEPS(n) (n)
#endif

#endif
