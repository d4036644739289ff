/* watchdog.h -- children that live but should not go on as they are. */
#ifndef MASTER_WATCHDOG_H
#define MASTER_WATCHDOG_H

/* Look at all of them: silent ones and those whose time to stop is over are killed, too large ones replaced, those
 * whose broker is gone restarted. */
void	 watchdog_check_children(void);

#endif
