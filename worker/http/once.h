/* once.h -- Idempotency-Key on ROUTE_ONCE routes: the same key and body get the same answer for IDEMPOTENCY_TTL.
 *
 * A key belongs to the user who sends it, or to the address. Failures are not kept: nothing was created, so the client
 * may try again. Bulk imports have no such key: their body is applied while it comes, and each item is known by its id.
 */
#ifndef HTTP_ONCE_H
#define HTTP_ONCE_H

#include "req.h"

struct pg;

/* Call the route's handler unless this key has had its answer, which is given again with Idempotency-Replayed: true.
 * Yields. As the handler, and E_VALIDATION, E_IDEMPOTENCY, E_IN_PROGRESS. */
int	 once_call(struct req *rq, const void *args);
/* For a handler with a transaction: store the JSON answer it is about to give in it. Nothing without a key. Yields.
 * Errors as pg_query; E_CONFLICT when another request has taken the key over: roll back. */
int	 once_store(struct req *rq, struct pg *pg, int status, struct str json);

#endif
