/* handle.h -- the coroutine of a request: authentication, rate limit, arguments, the handler, the answer. */
#ifndef HTTP_HANDLE_H
#define HTTP_HANDLE_H

#include "req.h"

/* Answer with an error that was found before a handler could run. Any context. */
void	 handle_error(struct req *rq, int rc);
/* Run the endpoint's handler in a coroutine. The request's state says whether it has answered already; a handler that
 * answers later resumes the connection itself. */
void	 handle_start(struct req *rq);
/* Count and log the answer and build the response. Once a request; called by the two above. */
void	 handle_finish(struct req *rq);

#endif
