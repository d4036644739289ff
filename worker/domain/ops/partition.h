/* partition.h -- the monthly partitions of the document tables. */
#ifndef OPS_PARTITION_H
#define OPS_PARTITION_H

#include "link/pg.h"

/* Creates missing partitions of every partitioned table, for this month and the next two. *made: how many. Yields.
 * Errors as pg_query. */
int	 partition_make(struct pg *pg, int64_t *made);

#endif
