/* watchdog.h -- acts on children that are alive but unhealthy. */
#ifndef MASTER_WATCHDOG_H
#define MASTER_WATCHDOG_H

/* Check all children: kill those that are silent or have not stopped in time, replace those that use too much memory,
 * and restart those whose broker is gone. */
void	 watchdog_check_children(void);

#endif
