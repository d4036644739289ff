/* openapi.h -- the OpenAPI 3.1 document, made from the routes: their parameter tables, shapes and errors. */
#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

#include "base/buf.h"

/* Append the document; the routes must have been read (route_init). */
void	 openapi_put(struct buf *out);

#endif
