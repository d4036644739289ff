/* retention.h -- how long rows are kept that nobody needs for ever. */
#ifndef OPS_RETENTION_H
#define OPS_RETENTION_H

#include "link/pg.h"

struct retention {
	const char	*table;
	size_t		 days;		/* offset in struct conf of the key that says how long; 0 there: for ever */
	const char	*what;
	struct pg_stmt	 drop;		/* $1 days: deletes at most some thousand, or whole months at once */
};
extern struct retention retentions[];	/* ends with a NULL table */

/* Delete what is older; *n: rows and partitions gone. Yields. Errors as pg_query. */
int	 retention_apply(int64_t *n);

#endif
