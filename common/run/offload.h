/* offload.h -- a few threads for work that burns CPU, so that the loop never stands still: password hashes and the
 * like.
 *
 * The threads start with the first task, in the process that has it, at a lower priority than the loop
 * (OFFLOAD_NICENESS). At most OFFLOAD_QUEUE tasks wait; more are refused, never queued without end. A process that
 * shares its machine with others of its kind gives them turns (offload_turns), so that all together keep no more than
 * some of the cores busy.
 */
#ifndef RUN_OFFLOAD_H
#define RUN_OFFLOAD_H

#include <stdint.h>

/* Run fn(job) on a thread while the coroutine waits. Yields. 0: it has run, the job is the caller's again. On any error
 * the job has been, or will be once its thread is done with it, released by free_job(job): E_BUSY (the queue is full),
 * E_TIMEOUT, E_CANCELED. fn must touch nothing but its job. */
int	 co_offload(void (*fn)(void *job), void *job, void (*free_job)(void *job));
/* The same for one of many clients (a hash of who it is; 0: nobody in particular), among whom the threads go round: who
 * has much waiting neither delays another's first nor, with a full queue, keeps it out; then the last of his gets
 * E_BUSY in its place. */
int	 co_offload_for(uint64_t client, void (*fn)(void *job), void *job, void (*free_job)(void *job));

/* Who may work now, among the threads of several processes: both are called on a thread, and must not yield. */
struct offload_turns {
	int	(*take)(int wait_ms);	/* a turn (0 and up); -1: none came within wait_ms */
	void	(*give)(int turn);
};
/* From now on a thread works only in its turn (NULL: at any time). Before the first task. */
void	 offload_turns(const struct offload_turns *turns);

/* Stop the threads and wait for what they are at; once a process, at its end. Harmless when none were started. */
void	 offload_close(void);

#endif
