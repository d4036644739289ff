/* search_words.h -- how text matches products, in the search and in the shop's lists alike.
 *
 * A product matches by a part of its name or id, ignoring case and outer spaces; inner spaces count as one. The index
 * products_search narrows the candidates, the text decides.
 */
#ifndef CATALOG_SEARCH_WORDS_H
#define CATALOG_SEARCH_WORDS_H

#include "base/arena.h"

/* Trims outer spaces, merges inner ones, lowers ASCII letters: equal results are the same search. In `mem`. */
const char	*search_normal(struct arena *mem, const char *query);
/* The same with the letters as they were typed, for people to read. */
const char	*search_spelling(struct arena *mem, const char *query);
/* %query%, with the wildcards of LIKE escaped. In `mem`. */
const char	*search_pattern(struct arena *mem, const char *query);

/* The condition on a row of products, given the parameters of the query and of its pattern. */
#define SEARCH_CONDITION(query, pattern) \
	"search_grams(name || ' ' || id) @> search_query_grams(" query ") AND (name ILIKE " pattern "" \
	"  OR id ILIKE " pattern ")"

#endif
