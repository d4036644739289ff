/* supervise.h -- the master's main loop: starts, watches, replaces and stops the children. */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include <stdbool.h>

/* Runs the loop until the master is to end and the last child has ended. The loop, the sockets and the scoreboard
 * exist. */
void	 supervise_run(void);
/* Run one step: reap, start, watch, replace and stop children as needed. */
void	 supervise_step(void);
/* "starting", "running" (every wanted process is ready), "degraded", "reloading", "upgrading" or "stopping". */
const char *supervise_state(void);

/* The actions of the signals (signals.c). */
void	 supervise_stop(void);
void	 supervise_quit(void);
void	 supervise_reload(void);
void	 supervise_upgrade(void);
void	 supervise_reopen(void);
void	 supervise_http_more(void);
void	 supervise_http_less(void);
void	 supervise_http_none(void);

#endif
