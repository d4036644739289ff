/* search_cache.h -- caches product searches in Redis, and records popular and recent queries.
 *
 * search_cache:{queryHash} is a whole answer, kept for SEARCH_CACHE_TTL. The hash covers the query (without outer
 * spaces and letter case), the page, and a generation which every change of a product increments: a change invalidates
 * all cached answers. popular_searches is a zset of queries that found something; user_recent_searches:{userId} lists
 * a user's latest ones, newest first. Both keep the spelling.
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
/* {"success":true,"data":[…],"nextCursor":…,"totalCount":…}. Records a first page as popular and recent. Yields.
 * E_VALIDATION for a malformed cursor; else as pg_query. Works without Redis. */
int	 search_answer(struct arena *mem, const struct search_ask *a, struct str *body);
/* A counter of product changes: product_cache.h. */
#define SEARCH_GENERATION "search:generation"

/* [{"query","count"}], most popular first. Yields. Errors as redis_cmd. */
int	 search_popular(struct arena *mem, int64_t limit, struct str *list);
/* [{"query"}], newest first. Yields. Errors as redis_cmd. */
int	 search_recent(struct arena *mem, const char *user, struct str *list);
/* Deletes one query, or (NULL) all of the user's. *n: how many. Yields. Errors as redis_cmd. */
int	 search_recent_forget(const char *user, const char *query, int64_t *n);
/* Halves the counts of earlier searches and drops those below one. Once a day. Yields. Errors as redis_cmd. */
int	 search_age_popular(int64_t *n);

#endif
