/* grid.h -- plain text tables for the command line: columns as wide as their widest cell. */
#ifndef BASE_GRID_H
#define BASE_GRID_H

#include <stddef.h>

#include "arena.h"
#include "buf.h"

enum { GRID_COLUMNS_MAX = 12 };

struct grid_row;

struct grid {
	struct arena		*mem;
	struct grid_row	*first, *last;
	size_t			 columns;
};

/* An empty table; its cells are copied into `mem`. */
void	 grid_init(struct grid *t, struct arena *mem);
/* Add a row (the first is the heading): C strings, a NULL after the last. */
void	 grid_add(struct grid *t, ...) __attribute__((sentinel));
/* Append the text, a line a row. */
void	 grid_text(const struct grid *t, struct buf *out);

#endif
