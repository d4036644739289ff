/* pgreplica.h -- the read replica, for pg.c only: its connections, how far it is behind, and when it will not do. */
#ifndef LINK_PGREPLICA_H
#define LINK_PGREPLICA_H

#include "pg.h"

void	 pgreplica_close(void);
/* Whether the replica may be asked about the subject now (NULL: about nothing in particular). Does not yield. */
bool	 pgreplica_fit(const char *subject);
/* Run a statement there: true with its result in *rc, false when the primary has to be asked. Yields. */
bool	 pgreplica_query(struct pg_rows *out, struct pg_stmt *stmt, const struct pg_arg *args, size_t n, int *rc);

#endif
