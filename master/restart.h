/* restart.h -- reaps children and fills their seats again. */
#ifndef MASTER_RESTART_H
#define MASTER_RESTART_H

#include <stdint.h>

/* A seat whose children die young again and again is filled with growing delay (backoff), and then not at all for
 * RESTART_QUARANTINE_MS (quarantine). */
/* Reap the children that have ended: return what they held, log how they ended, and schedule the restart. */
void	 restart_reap(void);
/* Clear all backoffs and quarantines. */
void	 restart_forgive(void);
/* Start a child on every empty seat whose backoff is over. */
void	 restart_fill(uint32_t generation);
/* Milliseconds until the next seat may be filled, `most` at most. */
int64_t	 restart_wait_ms(int64_t most);

#endif
