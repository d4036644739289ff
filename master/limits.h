/* limits.h -- what the system lets the processes have: open files, processors, and who goes first when memory is short.
 */
#ifndef MASTER_LIMITS_H
#define MASTER_LIMITS_H

#include "seats.h"

/* Raise the limit of open files to what the configuration needs, as far as the system allows; say so where it does not
 * (master). */
void	 limits_files(void);
/* A child's own: its processor (CPU_AFFINITY), its place in the order of the kernel's out-of-memory killer. Before it
 * drops privileges. */
void	 limits_child(const struct seat *seat);

#endif
