/* operator.h -- which clients may see /metrics and the details of /health. Does not yield. */
#ifndef HTTP_OPERATOR_H
#define HTTP_OPERATOR_H

#include "req.h"

/* Everybody outside production. In production a client with METRICS_TOKEN as its bearer token, or with an address of
 * OPS_ALLOW that was not forwarded by an untrusted proxy. */
bool	 operator_admitted(const struct req *rq);

#endif
