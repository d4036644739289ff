/* search_words.h -- how text matches products, in the search and in the shop's lists alike.
 *
 * A product matches by a part of its name or id, ignoring case and outer spaces; inner spaces count as one. The text
 * decides. For most queries the index products_search narrows the candidates. For a query that most products match it
 * only costs: those are read in the order of the answer, until the page is full.
 */
#ifndef CATALOG_SEARCH_WORDS_H
#define CATALOG_SEARCH_WORDS_H

#include <stdbool.h>

#include "base/arena.h"

/* Trims outer spaces, merges inner ones, lowers ASCII letters: equal results are the same search. In `mem`. */
const char	*search_normal(struct arena *mem, const char *query);
/* The same with the letters as they were typed, for people to read. */
const char	*search_spelling(struct arena *mem, const char *query);
/* %query%, with the wildcards of LIKE escaped. In `mem`. */
const char	*search_pattern(struct arena *mem, const char *query);

/* Whether the query is likely to match so many products that no index helps, by the statistics of products_search. A
 * wrong guess costs time, no result. Yields. Errors as pg_query. */
int		 search_common(const char *query, bool *common);

/* The conditions on a row of products: SEARCH_MATCH decides, given the parameter of the pattern; SEARCH_INDEX holds of
 * every match and is looked up in the index, given that of the query. The pattern is lowered once a statement. */
#define SEARCH_MATCH(pattern)	"search_text LIKE (SELECT lower(" pattern "))"
#define SEARCH_INDEX(query)	"search_grams(name || ' ' || id) @> search_query_grams(" query ")"

#endif
