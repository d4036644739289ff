/* reseal.h -- re-encrypts every sealed value under the current key, after a new one was put in front of
 * ENCRYPTION_KEY.
 *
 * sealed_columns[] has a row for every column with sealed values. The values themselves show what is done: the work
 * can stop at any time and continue later, beside running servers.
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
	int64_t	 sealed;	/* rewritten under the first key */
	int64_t	 changed;	/* by another writer meanwhile: run again */
	int64_t	 lost;		/* cannot be opened: unknown key, or tampered with */
};
/* Re-encrypts one column; values in clear text are sealed too. `out` also counts the part done before an error.
 * Yields. Errors as pg_query; E_VALIDATION without a key. */
int	 reseal_column(struct sealed_column *c, struct reseal_outcome *out);

#endif
