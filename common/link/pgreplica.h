/* pgreplica.h -- what pg.c asks of the read replica (pgreplica.c), once there is one. */
#ifndef LINK_PGREPLICA_H
#define LINK_PGREPLICA_H

#include "pg.h"

struct pgreplica {
	/* Whether the replica may be asked about the subject now (NULL: about nothing in particular). Does not yield.
	 */
	bool	(*fit)(const char *subject);
	/* Run a statement there: true with its result in *rc, false when the primary has to be asked. Yields. */
	bool	(*query)(struct pg_rows *out, struct pg_stmt *stmt, const struct pg_arg *args, size_t n, int *rc);
	void	(*close)(void);
};
/* Register it: pg_reads, pg_query and pg_close call it from now on. */
void	 pg_set_replica(const struct pgreplica *r);

#endif
