/* trace.h -- distributed tracing: which requests are recorded, and the span that the running coroutine works in.
 *
 * A request is recorded when its caller says so (the sampled flag of its traceparent, W3C Trace Context), else one in
 * 1/TRACE_SAMPLE_RATIO, with TRACE_RATE a second at most. A request that is not recorded costs one countdown: no clock
 * is read, nothing is allocated. Finished spans go to trace_ring.h.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"

enum { TRACE_ID_BYTES = 16, TRACE_SPAN_BYTES = 8, TRACE_PARENT_BYTES = 56, TRACE_ID_CHARS = 2 * TRACE_ID_BYTES };

/* A span under way. */
struct trace {
	uint8_t		 id[TRACE_ID_BYTES], span[TRACE_SPAN_BYTES];
	uint8_t		 parent[TRACE_SPAN_BYTES];	/* all zero: none */
	char		 text[TRACE_PARENT_BYTES];	/* the traceparent of what it causes */
};

/* Whether a traceparent is well-formed. */
bool	 trace_parent_ok(const char *value);
/* "off" (negative), or a share between 0 and 1, in *ratio; false for anything else. */
bool	 trace_ratio_parse(const char *text, double *ratio);
/* Set the share of requests that are recorded (negative: none, whatever callers say) and the most a second (0: any
 * number). */
void	 trace_sampling(double ratio, int64_t per_s);
/* Whether to record a request with this well-formed traceparent; NULL: it has none. */
bool	 trace_sample(const char *traceparent);
/* Begin a span below the well-formed traceparent; NULL: it is the first of a new trace. */
void	 trace_begin(struct trace *t, const char *traceparent);
/* Begin a span below a traceparent that came with a message; false when it is malformed (NULL: absent) or its trace is
 * not recorded. */
bool	 trace_join(struct trace *t, const char *traceparent);
/* Begin a span below another. */
void	 trace_child(struct trace *t, const struct trace *above);
/* A copy on the heap; NULL for NULL. */
struct trace *trace_copy(const struct trace *t);

/* What the running coroutine records; NULL: nothing. */
static inline const struct trace *
trace_now(void)
{
	const struct log_work *work = log_work_now();

	return work != NULL ? work->trace : NULL;
}

/* Lower-case hexadecimal digits of `n` bytes and a NUL into `out`; returns `out`. */
char	*trace_hex(char *out, const uint8_t *p, size_t n);

#endif
