/* offload.h -- a few threads for CPU-bound work (password hashes), so that the loop never blocks.
 *
 * The threads start with the first task, at a lower priority than the loop (OFFLOAD_NICENESS). At most OFFLOAD_QUEUE
 * tasks wait; more are refused (backpressure). Processes that share a machine take turns (offload_turns), so that
 * together they occupy a limited number of cores.
 */
#ifndef RUN_OFFLOAD_H
#define RUN_OFFLOAD_H

#include <stdint.h>

/* Run fn(job) on a thread while the coroutine waits. Yields. 0: it has run, and the caller owns the job again. On any
 * error free_job(job) was called, or will be once the thread is done: E_BUSY (the queue is full), E_TIMEOUT,
 * E_CANCELED. fn must touch nothing but its job. */
int	 co_offload(void (*fn)(void *job), void *job, void (*free_job)(void *job));
/* The same for one of many clients (a hash of its identity; 0: none), which the threads serve round-robin: a client
 * with many tasks does not delay another's first. When the queue is full, the last task of the client that has most
 * gets E_BUSY in its place. */
int	 co_offload_for(uint64_t client, void (*fn)(void *job), void *job, void (*free_job)(void *job));

/* Turns at work, shared by the threads of several processes. Both are called on a thread and must not yield. */
struct offload_turns {
	int	(*take)(int wait_ms);	/* a turn (0 and up); -1: none came within wait_ms */
	void	(*give)(int turn);
};
/* From now on a thread works only in its turn (NULL: at any time). Before the first task. */
void	 offload_turns(const struct offload_turns *turns);

/* Stop the threads and wait for what they are at; once a process, at its end. Harmless when none were started. */
void	 offload_close(void);

#endif
