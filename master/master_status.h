/* master_status.h -- the master's status as JSON, which control.c sends and `dure status` prints. */
#ifndef MASTER_MASTER_STATUS_H
#define MASTER_MASTER_STATUS_H

#include "base/buf.h"

/* Append one JSON object and a newline: state, reloads, upgrades, processes, configuration (secrets as ***). In the
 * master alone; does not yield. */
void	 status_put(struct buf *b);

#endif
