/* search_cache.h -- product searches answered from Redis, and what people search for.
 *
 * search_cache:{queryHash} the answer as it is sent, SEARCH_CACHE_TTL. The hash is of the query (outer spaces and
 * letter case apart), the
 * page, and a generation that every change of a product moves on: no old answer is found after it. popular_searches
 * zset of queries that found something; user_recent_searches:{userId}: the user's last ones, newest first.
 */
#ifndef CATALOG_SEARCH_CACHE_H
#define CATALOG_SEARCH_CACHE_H

#include "base/json.h"

struct search_ask {
	const char	*query;		/* "": all products */
	const char	*cursor;	/* NULL: the first page */
	const char	*user;		/* NULL: anonymous */
	int64_t		 limit;
};
/* {"success":true,"data":[…],"nextCursor":…,"totalCount":…}. Recorded as popular and recent where it is a first page.
 * Yields. E_VALIDATION for a cursor that is none; else as pg_query. Works without Redis. */
int	 search_answer(struct arena *mem, const struct search_ask *a, struct str *body);
/* Counts the changes of products: product_cache.h. */
#define SEARCH_GENERATION "search:generation"

/* [{"query","count"}], the most popular first. Yields. Errors as redis_cmd. */
int	 search_popular(struct arena *mem, int64_t limit, struct str *list);
/* [{"query"}], newest first. */
int	 search_recent(struct arena *mem, const char *user, struct str *list);
/* Forget this query, or (NULL) all of the user's. *n: how many. */
int	 search_recent_forget(const char *user, const char *query, int64_t *n);
/* Once a day: what was searched for before counts half, and less than once not at all. Yields. */
int	 search_age_popular(int64_t *n);

#endif
