/* schema.h -- checks that the database has every migration of this build (migrations.h). */
#ifndef OPS_SCHEMA_H
#define OPS_SCHEMA_H

#include "base/arena.h"

#define SCHEMA_ADVICE "dure migrate up"

/* *missing, in `mem`: the migrations not applied, as "0001_create_products, 0002_…"; NULL: none. Queries until none is
 * missing; logs the first such list, with advice. Yields. Errors as pg_query. */
int	 schema_missing(struct arena *mem, const char **missing);
/* Checks once in the background and logs what is missing; retries for a minute while the database is away. Does not
 * yield. */
void	 schema_check(void);

#endif
