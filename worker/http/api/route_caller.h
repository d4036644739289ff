/* route_caller.h -- the caller of a request, as the domain takes it. */
#ifndef API_ROUTE_CALLER_H
#define API_ROUTE_CALLER_H

#include "../req.h"
#include "worker/domain/core/caller.h"

/* Borrows rq->user. Anonymous: user is NULL. */
static inline struct caller
req_caller(const struct req *rq)
{
	return (struct caller){ .user = rq->user, .admin = rq->admin };
}

/* The same for streams and chats, which compare the user's text. Anonymous: user is "". */
static inline struct caller
req_caller_text(const struct req *rq)
{
	return (struct caller){ .user = rq->user != NULL ? rq->user : "", .admin = rq->admin };
}

#endif
