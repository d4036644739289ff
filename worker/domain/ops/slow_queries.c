/* slow_queries.c -- see slow_queries.h. Yields: slow_queries_read. */
#include "slow_queries.h"

#include "link/pg.h"

static struct pg_stmt read_slow = PG_STMT("select", "catalogs",
    "SELECT slow_queries_missing(), coalesce((SELECT json_agg(json_build_object('query', query, 'calls', calls,"
    "   'totalTime', total_time, 'meanTime', mean_time, 'maxTime', max_time)) FROM find_slow_queries()), '[]')::text");
enum { MISSING, SLOW_LIST };

int
slow_queries_read(struct str *list, const char **missing)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &read_slow)) < 0)
		return rc;
	*missing = pg_string(&r, 0, MISSING);
	*list = pg_value(&r, 0, SLOW_LIST);
	return 0;
}
