/* backup_run.h -- runs `dure backup` for the cron process, which may start no program. */
#ifndef MASTER_BACKUP_RUN_H
#define MASTER_BACKUP_RUN_H

#include <stdbool.h>
#include <sys/types.h>

/* Start a backup of everything, or (`tables`) of BACKUP_TABLES, as the children's user, once the one that runs has
 * ended. What it prints is logged. Does not wait. */
void	 backup_run_start(bool tables);
/* A process has ended: true when it was the backup. */
bool	 backup_run_reaped(pid_t pid, int status);
/* End it: the master stops. */
void	 backup_run_stop(void);

#endif
