/* split.h -- cuts a stream of bytes into JSON items: the lines of NDJSON, or the elements of one JSON array.
 *
 * Bytes come in any portions; memory is bounded by the longest item allowed. The first character that is no white space
 * decides which it is: '[' an array, anything else lines. Items are not checked here, only cut; an array's brackets and
 * commas are.
 */
#ifndef BASE_SPLIT_H
#define BASE_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

struct split {
	size_t		 item_max;	/* bytes of one item */
	enum { SPLIT_UNKNOWN, SPLIT_LINES, SPLIT_ARRAY } mode;
	enum { SPLIT_VALUE, SPLIT_END } where;	/* in an array: an element comes, or ']' came */
	struct buf	 item;		/* what came of it so far */
	struct str	 in;		/* bytes fed and not yet looked at */
	int64_t		 line;		/* items so far; in lines mode, lines so far */
	int		 depth;
	bool		 in_string, escaped, too_long, started;
};

/* A zeroed struct with item_max set is ready. */
void	 split_fini(struct split *s);
/* The next bytes; the previous ones must have been used up by split_next. They must stay until then. */
void	 split_feed(struct split *s, const char *p, size_t n);

enum split_result {
	SPLIT_MORE,		/* feed more, or end */
	SPLIT_ITEM,		/* *item, valid until the next call; its number, from 1, in *line */
	SPLIT_TOO_LONG,		/* an item over item_max was skipped; its number in *line */
	SPLIT_BROKEN,		/* no array of JSON values */
};
/* The next item of what was fed. Blank lines are skipped but counted. */
enum split_result split_next(struct split *s, struct str *item, int64_t *line);
/* The stream has ended: the last line, if it had no newline; SPLIT_BROKEN for an array without its end; else
 * SPLIT_MORE: nothing is left. */
enum split_result split_end(struct split *s, struct str *item, int64_t *line);

#endif
