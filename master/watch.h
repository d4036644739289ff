/* watch.h -- children that live but should not go on as they are. */
#ifndef MASTER_WATCH_H
#define MASTER_WATCH_H

/* Look at all of them: silent ones and those whose time to stop is over are killed, too large ones replaced, those whose
 * broker is gone restarted. */
void	 watch_children(void);

#endif
