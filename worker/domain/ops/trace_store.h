/* trace_store.h -- reads the traces that all processes and hosts have put into Redis (worker/trace_flush.h). */
#ifndef OPS_TRACE_STORE_H
#define OPS_TRACE_STORE_H

#include "base/arena.h"
#include "base/str.h"

/* The trace of a request, in `mem`: {"requestId","traceId","startedAt","timeline","totalDuration","bottlenecks",
 * "spans"}. Yields. E_TRACE (not traced, or no longer kept); else errors as redis_cmd. */
int	 trace_store_read(struct arena *mem, const char *request_id, struct str *json);

struct trace_filter {
	const char	*route;		/* part of it; NULL: any */
	int64_t		 min_ms, limit;
};
/* The newest requests that were traced, as a JSON array. Yields. Errors as redis_cmd. */
int	 trace_store_list(struct arena *mem, const struct trace_filter *f, struct str *list);

#endif
