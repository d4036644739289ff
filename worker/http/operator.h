/* operator.h -- who may see how the server is doing: /metrics, and of /health more than whether it is well. Does not
 * yield. */
#ifndef HTTP_OPERATOR_H
#define HTTP_OPERATOR_H

#include "req.h"

/* Outside production everybody. There a client with METRICS_TOKEN as its bearer token, or with an address of OPS_ALLOW
 * that no untrusted proxy has handed on. */
bool	 operator_admitted(const struct req *rq);

#endif
