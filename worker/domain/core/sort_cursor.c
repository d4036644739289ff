/* sort_cursor.c -- see sort_cursor.h. */
#include "sort_cursor.h"

#include <string.h>

bool
sort_cursor_split(struct arena *mem, const char *cursor, const char *sort, const char **key, const char **id)
{
	size_t n = strlen(sort);
	const char *colon;

	if (strncmp(cursor, sort, n) != 0 || cursor[n] != ':' || (colon = strchr(cursor + n + 1, ':')) == NULL)
		return false;
	*key = arena_copy(mem, cursor + n + 1, (size_t)(colon - cursor) - n - 1);
	*id = colon + 1;
	return true;
}
