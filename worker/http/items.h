/* items.h -- the items of a bulk import, taken from a request's body as it comes. */
#ifndef HTTP_ITEMS_H
#define HTTP_ITEMS_H

struct import;
struct req;

/* Cut the body of a streamed route into items, NDJSON or one JSON array, give them to the import as they come, and
 * answer with its report. Yields. 0, E_JSON (no array of JSON values), or as req_read and import_add: items before an
 * error may be stored, and sending all again is harmless. An item over BULK_LINE_BYTES is rejected. */
int	 items_import(struct req *rq, struct import *im);

#endif
