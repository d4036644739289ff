/* search_words.c -- see search_words.h. Yields: search_common. */
#include "search_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "link/pg.h"

static const char *
merge_spaces(struct arena *mem, const char *query, bool lower)
{
	char *out = arena_alloc(mem, strlen(query) + 1), *to = out;

	for (; *query != '\0'; query++) {
		bool space = *query == ' ' || *query == '\t';

		if (space && (to == out || to[-1] == ' '))
			continue;
		*to++ = space ? ' ' : *query;
		if (lower && (unsigned char)*query < 0x80)
			to[-1] = (char)tolower((unsigned char)to[-1]);
	}
	if (to > out && to[-1] == ' ')
		to--;
	*to = '\0';
	return out;
}

const char *
search_normal(struct arena *mem, const char *query)
{
	return merge_spaces(mem, query, true);
}

const char *
search_spelling(struct arena *mem, const char *query)
{
	return merge_spaces(mem, query, false);
}

const char *
search_pattern(struct arena *mem, const char *query)
{
	char *out = arena_alloc(mem, 2 * strlen(query) + 3), *o = out;

	*o++ = '%';
	for (; *query != '\0'; query++) {
		if (strchr("%_\\", *query) != NULL)
			*o++ = '\\';
		*o++ = *query;
	}
	*o++ = '%';
	*o = '\0';
	return out;
}

/* The share of products that have every gram of the query, if grams were independent, according to statistics. A gram
 * that is not among the most common elements counts as one in a million. From a tenth on, reading all products is
 * cheaper than reading the candidates one by one. */
static struct pg_stmt is_common = PG_STMT("select", "products",
    "SELECT coalesce(exp(greatest(sum(ln(coalesce(known.share, 0.000001))), -100)), 0) > 0.1"
    " FROM unnest(search_query_grams($1)) AS wanted (gram)"
    "   LEFT JOIN ("
    "     SELECT t.gram, t.share"
    "     FROM pg_stats s,"
    "       unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS t (gram, share)"
    "     WHERE s.schemaname = current_schema() AND s.tablename = 'products_search') known USING (gram)");

int
search_common(const char *query, bool *common)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &is_common, pg_text(query));

	*common = rc == 0 && *pg_string(&r, 0, 0) == 't';
	return rc;
}
