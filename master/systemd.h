/* systemd.h -- notifies systemd (sd_notify's datagrams) and takes over its activated sockets. */
#ifndef MASTER_SYSTEMD_H
#define MASTER_SYSTEMD_H

#include <sys/types.h>

/* Where NOTIFY_SOCKET and WATCHDOG_USEC of the environment say; once, at start-up. Without them nothing is sent. */
void	 systemd_open(void);
/* Ready; reloading (systemd_ready ends it); stopping. */
void	 systemd_ready(void);
void	 systemd_reloading(void);
void	 systemd_stopping(void);
/* Another process is the main process from now on. systemd ignored what that process sent before, so this one feeds
 * the watchdog for it. */
void	 systemd_main_pid(pid_t pid);
/* Feed the watchdog, no more often than it needs. Milliseconds until the next time; INT64_MAX without a watchdog. */
int64_t	 systemd_watchdog(void);
/* Take the sockets of socket activation (LISTEN_PID, LISTEN_FDS): how many. */
int	 systemd_take_sockets(void);

#endif
