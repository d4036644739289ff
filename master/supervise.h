/* supervise.h -- the master's life: children wanted, started, watched, replaced and stopped. */
#ifndef MASTER_SUPERVISE_H
#define MASTER_SUPERVISE_H

#include <stdbool.h>

/* Run the loop until told to stop and the last child is gone. The loop, the sockets and the scoreboard are there. */
void	 supervise_run(void);
/* Look at everything now: children that ended, those to start, watch, replace or stop. */
void	 supervise_step(void);
/* "starting", "running" (every wanted process is ready), "degraded", "reloading", "upgrading" or "stopping". */
const char *supervise_state(void);

/* What signals ask for. */
void	 supervise_stop(void);
void	 supervise_quit(void);
void	 supervise_reload(void);
void	 supervise_upgrade(void);
void	 supervise_reopen(void);
void	 supervise_http_more(void);
void	 supervise_http_less(void);
void	 supervise_http_none(void);

#endif
