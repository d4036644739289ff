/* watchdog.h -- acts on children that are alive but unhealthy. */
#ifndef MASTER_WATCHDOG_H
#define MASTER_WATCHDOG_H

/* Checks all children: kills those that are silent or have not stopped in time, replaces those that use too much
 * memory, and restarts those whose broker has ended. */
void	 watchdog_check_children(void);

#endif
