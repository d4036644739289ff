/* search_words.c -- see search_words.h. Does not yield. */
#include "search_words.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

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
