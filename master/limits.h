/* limits.h -- resource limits of the processes: open files, processors, and their order for the out-of-memory killer.
 */
#ifndef MASTER_LIMITS_H
#define MASTER_LIMITS_H

#include "seats.h"

/* Raise the limit of open files to what the configuration needs, as far as the system allows; logs a shortfall
 * (master). */
void	 limits_files(void);
/* In a child, before it drops privileges: pin it to its processor (CPU_AFFINITY) and set its score for the
 * out-of-memory killer. */
void	 limits_child(const struct seat *seat);

#endif
