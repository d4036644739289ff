/* reseal.h -- every sealed value again, under the key that seals now: after ENCRYPTION_KEY got a new one in front.
 *
 * sealed_columns[] has a row for every column that holds sealed values. What is done is told by the values themselves,
 * so the work may stop at any time and go on later, beside running servers.
 */
#ifndef OPS_RESEAL_H
#define OPS_RESEAL_H

#include "link/pg.h"

struct sealed_column {
	const char	*table, *column;
	/* opens the cursor "sealed" over (ctid, row of seal_place, value) not under the prefix $1 */
	struct pg_stmt	 stale;
	struct pg_stmt	 replace;	/* $1: [{"at":ctid,"old":value,"new":value}] */
};
extern struct sealed_column sealed_columns[];	/* ends with a NULL table */

struct reseal_outcome {
	int64_t	 sealed;	/* under the first key now */
	int64_t	 changed;	/* by somebody else meanwhile: look again */
	int64_t	 lost;		/* cannot be opened: their key is unknown, or they were tampered with */
};
/* One column; `out` counts also when it fails half way. Values that were not sealed are sealed too. Yields. Errors as
 * pg_query; E_VALIDATION without a key. */
int	 reseal_column(struct sealed_column *c, struct reseal_outcome *out);

#endif
