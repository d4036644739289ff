/* offload.h -- a few threads for work that burns CPU, so that the loop never stands still: password hashes and the like.
 *
 * The threads start with the first task, in the process that has it, at a lower priority than the loop. At most
 * OFFLOAD_QUEUE tasks wait; more are refused, never queued without end.
 */
#ifndef RUN_OFFLOAD_H
#define RUN_OFFLOAD_H

/* Run fn(job) on a thread while the coroutine waits. Yields. 0: it has run, the job is the caller's again. On any error the
 * job has been, or will be once its thread is done with it, released by free_job(job): E_BUSY (the queue is full),
 * E_TIMEOUT, E_CANCELED. fn must touch nothing but its job. */
int	 co_offload(void (*fn)(void *job), void *job, void (*free_job)(void *job));

/* Stop the threads and wait for what they are at; once a process, at its end. Harmless when none were started. */
void	 offload_close(void);

#endif
