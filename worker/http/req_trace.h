/* req_trace.h -- the span of a request (trace.h), and what its log lines say of it. Nothing here yields. */
#ifndef HTTP_REQ_TRACE_H
#define HTTP_REQ_TRACE_H

#include "req.h"

/* Record the request from now on: its traceparent becomes that of its span. Does nothing when it is recorded already,
 * and for polling, which waits for events most of the time. */
void	 req_trace_begin(struct req *rq);
/* The request is answered, so many microseconds after it began. Only where rq->trace is set. */
void	 req_trace_end(const struct req *rq, int64_t took_us);
/* The fields of the log lines of the request whose `work` this is (log.h). */
size_t	 req_log_fields(const struct log_work *w, struct json_field *out);

#endif
