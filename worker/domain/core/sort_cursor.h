/* sort_cursor.h -- the cursor of a list that can be sorted: "sort:key:id", where the last row of a page stands. */
#ifndef CORE_SORT_CURSOR_H
#define CORE_SORT_CURSOR_H

#include <stdbool.h>

#include "base/arena.h"

/* The key, copied into `mem`, and the id, which points into `cursor`; the caller checks the key. False: malformed, or
 * of another sort. */
bool	 sort_cursor_split(struct arena *mem, const char *cursor, const char *sort, const char **key, const char **id);

#endif
