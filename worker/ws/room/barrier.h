/* barrier.h -- publishes a sentinel; when it returns, the subscriptions have delivered everything published
 * before it.
 *
 *
 * Redis answers commands on one connection and delivers messages on another; either may lag. A replay has the
 * script that reads the logs publish the sentinel, and waits for it: whatever the channels deliver after it is
 * newer than what was read.
 */
#ifndef ROOM_BARRIER_H
#define ROOM_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

struct co;

struct barrier {
	struct barrier	*next;
	struct co	*co;
	bool		 passed;
	char		 text[24];		/* to be published on barrier_channel() */
};

/* Once a process; `process` is its name. */
void	 barrier_start(const char *process);
const char *barrier_channel(void);
/* A new barrier of the running coroutine, in its caller's memory until barrier_wait has returned. */
void	 barrier_init(struct barrier *b);
/* Wait for the sentinel, at most `ms`; then forget it. Yields. 0, E_TIMEOUT, E_CANCELED. */
enum { BARRIER_MS = 3000 };
int	 barrier_wait(struct barrier *b, int64_t ms);
/* Publish a sentinel and wait for it. Yields. 0, E_TIMEOUT (also when Redis is down), E_CANCELED. */
int	 barrier_pass(void);

#endif
