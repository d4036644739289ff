/* restart.h -- children that ended, and the seats that they leave empty. */
#ifndef MASTER_RESTART_H
#define MASTER_RESTART_H

#include <stdint.h>

/* A child that dies young again and again is tried later and later, then not at all for RESTART_QUARANTINE_MS
 * (quarantine). */
/* Collect the children that have ended: give back what they held, log how they ended, note when their seat may be
 * filled. */
void	 restart_reap(void);
/* Let those that were left alone, or wait, be tried again now. */
void	 restart_forgive(void);
/* Start a child on every empty seat whose waiting time is over. */
void	 restart_fill(uint32_t generation);
/* Milliseconds until a seat may be filled; `most` when none waits for less. */
int64_t	 restart_wait_ms(int64_t most);

#endif
