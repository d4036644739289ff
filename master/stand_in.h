/* stand_in.h -- generates a secret that is not configured, so that development works without one. */
#ifndef MASTER_STAND_IN_H
#define MASTER_STAND_IN_H

#include "base/conf.h"

/* Outside production: a random JWT_SECRET where there is none, the same for as long as this master lives (logged the
 * first time). It is nowhere but in memory, so sessions and API keys do not outlive it. */
void	 stand_in_secret(struct conf *c);

#endif
