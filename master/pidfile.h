/* pidfile.h -- dure.pid in DURE_RUN_DIR: which process is the master there. The lock on the file decides, not its
 * content. */
#ifndef MASTER_PIDFILE_H
#define MASTER_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

/* Make the run directory where it is missing and take the lock. 0; or the pid of the master that holds it. *unclean:
 * the previous master was killed. Dies on any other failure. */
pid_t	 pidfile_take(bool *unclean);
/* During an upgrade: rename the file to dure.pid.oldbin, keeping its lock; and rename it back when the upgrade failed.
 */
void	 pidfile_step_aside(void);
void	 pidfile_step_back(void);
/* Rewrite it where it was removed or changed; checked once a second. */
void	 pidfile_keep(void);
/* Remove it (at the end). */
void	 pidfile_drop(void);
/* The running master of the run directory, 0 when there is none. */
pid_t	 pidfile_master(void);
/* The one that stepped aside and has not ended yet, 0 when there is none. */
pid_t	 pidfile_aside(void);

#endif
