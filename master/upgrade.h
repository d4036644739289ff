/* upgrade.h -- USR2: a new binary takes over; on failure the old one continues.
 *
 * The old master steps aside (dure.pid.oldbin), runs the file that it was started from with its listening sockets, and
 * waits. The new master starts all processes; its fanout processes come last and take over the sockets of the old
 * ones. When all of them are ready it sends the old master SIGQUIT. Until then everything can be undone: when the new
 * master ends, or is not ready in time, the old one takes its duties back.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Remember the binary to run; once, first thing in main, before the working directory or the file changes. */
void	 upgrade_init(const char *conf_file);
/* The binary that was remembered, and its configuration file (NULL: none). */
const char *upgrade_binary(void);
const char *upgrade_conf_file(void);

/* In the old master: begin; advance; a child ended (true: it was the new master); abandon the upgrade. */
void	 upgrade_begin(void);
void	 upgrade_step(void);
bool	 upgrade_reaped(pid_t pid, int status);
void	 upgrade_forget(void);
bool	 upgrade_under_way(void);
/* A child handed its work over to the new master's: abandoning would now cost connections, so the time limit is
 * restarted. */
void	 upgrade_goes_well(void);
/* The new master serves and owns run directory, sockets and pid file; this one is to end. False: there is no new
 * master. */
bool	 upgrade_retire(void);
bool	 upgrade_retired(void);
/* For the status: how many attempts failed, and why the last one did; NULL: none. */
uint32_t upgrade_failures(void);
const char *upgrade_error(void);

/* In the new master: take over what the environment names; false: this is no upgrade. Processes that take over from
 * predecessors wait (upgrade_waits) until all others are ready (upgrade_go_on). */
bool	 upgrade_inherit(void);
bool	 upgrade_waits(void);
/* Whether the old master would continue should this one end: it still owns run directory and sockets. */
bool	 upgrade_on_trial(void);
void	 upgrade_go_on(void);
void	 upgrade_done(void);

#endif
