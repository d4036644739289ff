/* co.h -- stackful coroutines: straight-line code over the event loop.
 *
 * A coroutine runs until it parks. A callback or another coroutine wakes it, and it continues before the loop next
 * sleeps. Every call that may park says "yields". Rules: never yield inside a library's callback; after a yield, look
 * shared objects up again; let defers and other people's pointers point only to heap or arena memory, never to a stack
 * that may be gone. `make hostile` tests the rules (hostile.h). Each coroutine has an arena, a deadline and a list of
 * defers, which all end with it. Stacks are pooled, with a guard page.
 */
#ifndef RUN_CO_H
#define RUN_CO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct co;

enum { CO_STACK_BYTES = 256 * 1024 };

/* Start fn(arg) on a stack of its own, now, until it first parks or ends. `deadline_ms`: from now, 0 for none.
 * Returns the coroutine, valid until fn returns, or NULL when it has already ended. */
struct co	*co_spawn(void (*fn)(void *), void *arg, int64_t deadline_ms);
/* The running coroutine; NULL on the loop's own stack. */
struct co	*co_self(void);
/* Its arena, reset when the coroutine ends. */
struct arena	*co_arena(void);
/* Call fn(p) when the running coroutine ends, latest first. */
void		 co_defer(void (*fn)(void *), void *p);

/* Park the running coroutine until co_wake, for `timeout_ms` at most (-1: until its own deadline). Yields. 0 when
 * woken, perhaps for another reason: check the condition again; E_TIMEOUT, or E_CANCELED. */
int		 co_park(int64_t timeout_ms);
/* Resume a parked coroutine (its co_park returns 0) before the loop next sleeps; does nothing when it is awake
 * already. */
void		 co_wake(struct co *c);
/* Its present or next co_park returns E_CANCELED, and so does every later one. */
void		 co_cancel(struct co *c);
/* Replace the running coroutine's deadline: `ms` from now, 0 for none. */
void		 co_set_deadline(int64_t ms);
/* Shorten the running coroutine's deadline to `ms` from now at most. Returns the previous one, for co_widen to
 * restore. */
int64_t		 co_narrow(int64_t ms);
void		 co_widen(int64_t before);
/* Milliseconds left to the running coroutine's deadline; INT64_MAX without one. */
int64_t		 co_time_left(void);

/* Yields for `ms`. 0, E_TIMEOUT (own deadline) or E_CANCELED. */
int		 co_sleep(int64_t ms);
/* Yields until the descriptor is ready for LOOP_READ | LOOP_WRITE. 0, E_TIMEOUT, E_CANCELED. */
int		 co_wait_fd(int fd, int events, int64_t timeout_ms);

/* A queue of coroutines that wait for one condition, first in, first out. A zeroed struct is an empty gate. */
struct co_gate {
	struct co_gate_wait	*first, *last;
};
/* Yields until woken by the gate; results as co_park. */
int		 co_gate_wait(struct co_gate *g, int64_t timeout_ms);
/* Wake the first, or all; co_gate_wake_one returns whether a coroutine waited. */
bool		 co_gate_wake_one(struct co_gate *g);
void		 co_gate_wake_all(struct co_gate *g);

/* Child coroutines that one parent waits for. A zeroed struct is an empty group. */
struct co_group {
	int		 live;
	struct co_gate	 done;
};
/* As co_spawn, counted in the group until it ends. */
void		 co_group_spawn(struct co_group *g, void (*fn)(void *), void *arg, int64_t deadline_ms);
/* Yields until every member has ended. Results as co_park. */
int		 co_group_wait(struct co_group *g);

/* Live coroutines, and the most stack bytes one has used (needs co_census_enable before the first spawn). */
int		 co_live(void);
void		 co_census_enable(void);
size_t		 co_stack_high_water(void);

#endif
