/* items.h -- the items of a bulk import, parsed while the request's body arrives. */
#ifndef HTTP_ITEMS_H
#define HTTP_ITEMS_H

struct import;
struct req;

/* Split the body of a streamed route into items (NDJSON or one JSON array), pass each to the import, and answer with
 * its report. Yields. 0, E_JSON (no array of JSON values), or as req_read and import_add. Items before an error may be
 * stored; sending all of them again is harmless. An item over BULK_LINE_BYTES is rejected. */
int	 items_import(struct req *rq, struct import *im);

#endif
