/* retention.h -- retention periods: how long rows of each table are kept. */
#ifndef OPS_RETENTION_H
#define OPS_RETENTION_H

#include "link/pg.h"

struct retention {
	const char	*table;
	size_t		 days;		/* offset in struct conf of the key with the period; 0 there: for ever */
	const char	*what;
	struct pg_stmt	 drop;		/* $1 days: deletes at most some thousand rows, or whole months at once */
};
extern struct retention retentions[];	/* ends with a NULL table */

/* Deletes what is older; *n: rows and partitions. Yields. Errors as pg_query. */
int	 retention_apply(int64_t *n);

#endif
