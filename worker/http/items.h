/* items.h -- the items of a bulk import, taken from a request's body as it comes. */
#ifndef HTTP_ITEMS_H
#define HTTP_ITEMS_H

#include <stddef.h>
#include <stdint.h>

struct req;

/* Where they go: `to` is the import, `line` the item's number from 1. */
struct items_sink {
	int	(*add)(void *to, int64_t line, const char *p, size_t n);	/* may yield; an error ends the import */
	void	(*reject)(void *to, int64_t line, const char *reason);		/* an item over BULK_LINE_BYTES */
};
/* Cut the body of a streamed route into items, NDJSON or one JSON array, until its end. Yields. 0, E_JSON (no array of JSON values), what
 * `add` said, or as req_read; items before an error were given to the sink. */
int	 items_take(struct req *rq, const struct items_sink *sink, void *to);

#endif
