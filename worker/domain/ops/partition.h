/* partition.h -- the monthly partitions of the document tables. */
#ifndef OPS_PARTITION_H
#define OPS_PARTITION_H

#include "link/pg.h"

/* Every partitioned table has a partition for this month and the two next. *made: how many were missing. Yields. Errors
 * as pg_query. */
int	 partition_make(struct pg *pg, int64_t *made);

#endif
