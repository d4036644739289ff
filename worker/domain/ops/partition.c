/* partition.c -- creates partitions ahead of time. See partition.h and make_month_partitions in sql/. */
#include "partition.h"

static struct pg_stmt make_partitions = PG_STMT("ddl", "partitions",
    "SELECT coalesce(sum(make_month_partitions(c.relname::text, 2)), 0)"
    " FROM pg_class c"
    " WHERE c.relkind = 'p' AND c.relnamespace = current_schema()::regnamespace");

int
partition_make(struct pg *pg, int64_t *made)
{
	struct pg_rows rows;
	int rc = pg_query(pg, &rows, &make_partitions);

	*made = rc == 0 ? pg_integer(&rows, 0, 0) : 0;
	return rc;
}
