/* schema.h -- whether the database has the tables that this build was made for: every migration of migrations.h
 * applied. */
#ifndef OPS_SCHEMA_H
#define OPS_SCHEMA_H

#include "base/arena.h"

#define SCHEMA_ADVICE "dure migrate up"

/* *missing, in `mem`: the migrations that were not applied, as "0001_create_products, 0002_…"; NULL: none. Asked again
 * until none is; the first list that is found is logged, with what to do. Yields. Errors as pg_query. */
int	 schema_missing(struct arena *mem, const char **missing);
/* Look once in the background and log what is missing; while the database is away, try again for a minute. Does not
 * yield. */
void	 schema_look(void);

#endif
