/* pidfile.h -- dure.pid in DURE_RUN_DIR: who is master there. The file's lock tells the truth, not its content. */
#ifndef MASTER_PIDFILE_H
#define MASTER_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>

/* Make the run directory where it is missing and take the lock. 0; or the pid of the master that has it. *unclean: the
 * one before did not end by itself. Whatever else goes wrong is fatal. */
pid_t	 pidfile_take(bool *unclean);
/* Another master is to take our place: ours becomes dure.pid.oldbin, with its lock; and back, when that did not come to
 * be. */
void	 pidfile_step_aside(void);
void	 pidfile_step_back(void);
/* Write it anew where somebody has removed or changed it; looks once a second. */
void	 pidfile_keep(void);
/* Remove it (at the end). */
void	 pidfile_drop(void);
/* The running master of the run directory, 0 when there is none. */
pid_t	 pidfile_master(void);
/* The one that stepped aside and has not ended yet, 0 when there is none. */
pid_t	 pidfile_aside(void);

#endif
