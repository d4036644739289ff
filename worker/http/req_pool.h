/* req_pool.h -- the requests of this process: allocated, charged to their client, found, ended together. */
#ifndef HTTP_REQ_POOL_H
#define HTTP_REQ_POOL_H

#include "clients.h"
#include "req.h"

/* A request, zeroed but for its buffers; under way until req_pool_put, which refunds what was charged for it. */
struct req	*req_pool_get(void);
void		 req_pool_put(struct req *rq);

/* Charge what this request is about to hold to its client's budget: `n` bytes, streams or bodies. 0; E_RATE, with
 * rq->rate.retry_s, when the budget is used up. Does not yield. */
int		 req_charge(struct req *rq, enum budget b, int64_t n);

#ifdef HOSTILE
/* The request that this coroutine works on, or NULL. */
struct req	*req_of_co(const struct co *c);
#endif
/* Yields until no request is under way. Results as co_park. */
int		 req_wait_idle(void);
/* Cancel every handler under way: it ends with E_CANCELED, which is answered as overload. */
void		 req_cancel_all(void);
/* Resume every suspended connection, because libmicrohttpd must not stop with one. Handlers go on without a client. */
void		 req_resume_all(void);

#endif
