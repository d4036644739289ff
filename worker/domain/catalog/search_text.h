/* search_text.h -- what people look products up by, as text: the same for the search and for the shop's lists.
 *
 * A product is found by a part of its name or of its id, whatever the case; outer spaces do not count, inner ones as
 * one. The index products_search names few candidates, the text decides.
 */
#ifndef CATALOG_SEARCH_TEXT_H
#define CATALOG_SEARCH_TEXT_H

#include "base/arena.h"

/* Without outer spaces, inner ones single, ASCII letters small: what is the same search to people. */
const char	*search_normal(struct arena *mem, const char *query);
/* %query%, with the wildcards of LIKE in it taken literally. */
const char	*search_pattern(struct arena *mem, const char *query);

/* The condition on a row of products; the parameters of the query and of its pattern. */
#define SEARCH_CONDITION(query, pattern) \
	"search_grams(name || ' ' || id) @> search_query_grams(" query ") AND (name ILIKE " pattern "" \
	"  OR id ILIKE " pattern ")"

#endif
