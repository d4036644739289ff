/* once.h -- Idempotency-Key on ROUTE_ONCE routes: the same key and body get the same answer for IDEMPOTENCY_TTL.
 *
 * A key belongs to the user who sends it, or to the address. Failures are not stored: nothing was created, so the
 * client may retry. Bulk imports take no key: their items are applied while they arrive, and each is deduplicated by
 * its id.
 */
#ifndef HTTP_ONCE_H
#define HTTP_ONCE_H

#include "req.h"

struct pg;

/* Call the route's handler, unless this key has an answer already, which is replayed with Idempotency-Replayed: true.
 * Yields. Errors of the handler, and E_VALIDATION, E_IDEMPOTENCY, E_IN_PROGRESS. */
int	 once_call(struct req *rq, const void *args);
/* For a handler with a transaction: store in it the JSON answer that is about to be sent. Does nothing without a key.
 * Yields. Errors as pg_query; E_CONFLICT when another request has taken the key over: roll back. */
int	 once_store(struct req *rq, struct pg *pg, int status, struct str json);

#endif
