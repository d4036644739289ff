/* trace_flush.h -- takes finished spans (trace_ring.h) out of this process: into Redis, for GET /api/v1/trace, and to
 * the collector (otlp.h). In batches, behind the requests: nothing waits for it.
 *
 * Redis holds, for TRACE_TTL: trace:spans:{traceId}, a list of spans (trace_json.h); trace:request:{requestId}, the id
 * of its trace; trace:ids, a sorted set of the traces by time, TRACE_KEEP of them; trace:summaries, a hash of the
 * requests' summaries by trace.
 */
#ifndef WORKER_TRACE_FLUSH_H
#define WORKER_TRACE_FLUSH_H

#include <stdbool.h>

/* Start in this process of this name ("http 1", lasts as long as the process); `store`: it has Redis open. */
void	 trace_flush_start(const char *service, bool store);
/* The process ends: pass on what is left. Yields, for a second or two at most. */
void	 trace_flush_last(void);

#endif
