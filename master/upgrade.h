/* upgrade.h -- USR2: a new binary takes over, and the old one goes on when that fails.
 *
 * The old master steps aside (dure.pid.oldbin), runs the file that it was started from with its listening sockets, and
 * watches. The new one starts everything; its fanout processes come last and take the sockets over from the old ones.
 * When all of it serves it tells the old master to quit. A new master that ends before, or is not there in time, has
 * changed nothing that does not come back.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Remember what to run (once, first thing in main, before anything changes directory or file). */
void	 upgrade_init(const char *conf_file);

/* The old master. Begin; go on; a child ended (true: it was the new master); give up. */
void	 upgrade_begin(void);
void	 upgrade_step(void);
bool	 upgrade_reaped(pid_t pid, int status);
void	 upgrade_forget(void);
bool	 upgrade_under_way(void);
/* A child handed its work on to the new master's: from now on giving up would cost connections, so it has its time
 * anew. */
void	 upgrade_goes_well(void);
/* The new master serves: run directory, sockets and pid file are its now, what is left is to end. False: there is none.
 */
bool	 upgrade_retire(void);
bool	 upgrade_retired(void);
/* For the status: attempts that failed, and why the last did; NULL: none. */
uint32_t upgrade_failures(void);
const char *upgrade_error(void);

/* The new master. What it was given, in the environment: false when it is none. Until all other processes serve, those
 * that take over from their predecessors wait. Then the old master is told. */
bool	 upgrade_inherit(void);
bool	 upgrade_waits(void);
/* Whether the old master would go on should this one end: run directory and sockets are still its. */
bool	 upgrade_on_trial(void);
void	 upgrade_go_on(void);
void	 upgrade_done(void);

#endif
