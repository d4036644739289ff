/* trace_json.h -- spans and log lines as JSON: as Dure stores them, and as the OpenTelemetry protocol has them
 * (opentelemetry-proto 1.x, its JSON mapping). Secrets in texts are masked (mask.h).
 */
#ifndef BASE_TRACE_JSON_H
#define BASE_TRACE_JSON_H

#include "trace_ring.h"

/* Append {"traceId","spanId","parentSpanId"?,"service","step","name","kind","start","duration","error"?,"attributes"};
 * times in microseconds. */
void	 trace_json_span(struct buf *out, const struct trace_record *r, const char *service);
/* Append the summary of a request: {"requestId","traceId","route","status","startedAt","durationMs"}. */
void	 trace_json_summary(struct buf *out, const struct trace_record *r);

/* Append a Span, and a LogRecord made from a line of the log (log.h); the latter appends nothing when the line is no
 * JSON object. `mem` is for what is parsed. */
void	 trace_otlp_span(struct buf *out, const struct trace_record *r);
void	 trace_otlp_log(struct buf *out, struct arena *mem, const char *line, size_t n);
/* Append the body of an export: `kind` is "Spans", "Logs" or "Metrics", `member` the name of their list ("spans", …),
 * `list` the comma-separated objects in it, and the fields describe the process (service.name, …). */
void	 trace_otlp_export(struct buf *out, const char *kind, const char *member, const struct buf *list,
    const char *version, const struct json_field *f, size_t n);

#endif
