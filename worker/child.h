/* child.h -- the skeleton that every child process shares: title, loop, signals, links, READY, heartbeat, graceful
 * stop.
 *
 * A kind of process is a struct child_role and nothing else; master/procs.c lists them.
 */
#ifndef WORKER_CHILD_H
#define WORKER_CHILD_H

#include <stdbool.h>

#include "proc/scoreboard.h"

/* Descriptors the master hands to its children by fork. */
struct child_sockets {
	int	 http[8];	/* listening sockets of the public port and of WS_RAW_PORT; -1 ends */
	int	 ws[17];	/* listening Unix socket of each fanout process, by its index 1..; -1: none */
};

struct child_role {
	const char	*name;		/* "http" */
	int		 links;		/* LINK_PG | LINK_REDIS: opened before start */
	/* Called by the master in the new process while all system calls are allowed (may be NULL). */
	void		(*prepare)(void);
	/* In a coroutine, after the links were opened (not necessarily up): set everything up. 0, or an error: the
	 * child exits. */
	int		(*start)(const struct child_sockets *s, int index);
	/* Asked to stop (may be NULL): stop taking work, finish what is under way. In a coroutine; yields until done or
	 * the deadline (SHUTDOWN_TIMEOUT_MS) cancels it. */
	void		(*drain)(void);
};

/* Run the child to its end; returns its exit status. Called right after fork, with the scoreboard slot taken. */
int	 child_main(const struct child_role *role, const struct child_sockets *s, int slot, int index);
/* Whether this process was asked to stop. */
bool	 child_stopping(void);
/* Tell the master that this process lives, where it keeps the loop from turning on purpose. */
void	 child_beat(void);
/* Everything was handed on to a successor: end at once, without another turn of the loop and without closing anything
 * in order. */
_Noreturn void child_handed_over(void);
/* Stop by oneself, as if the master had asked (for example a dependency's address changed). */
void	 child_stop(void);

extern const struct child_role http_role, ws_role, kafka_role, cron_role, analyzer_role, broker_role, external_role;

#endif
