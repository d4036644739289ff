/* otlp.h -- exports spans, log lines and metrics to an OpenTelemetry collector by OTLP/HTTP with JSON
 * (OTEL_EXPORTER_OTLP_ENDPOINT).
 *
 * One export at a time, in a coroutine of its own. While the collector is away, attempts are repeated ever more rarely
 * and what does not fit into the queues is dropped and counted; a warning says so once, a line when it is over.
 */
#ifndef WORKER_OTLP_H
#define WORKER_OTLP_H

#include <stdbool.h>

#include "base/buf.h"

/* Start in this process; `on_log` is called when a log line waits to be exported. */
void	 otlp_start(const char *service, void (*on_log)(void));
/* Export the host's metrics too, from this process, every OTEL_METRIC_EXPORT_INTERVAL: `put` appends their text in
 * Prometheus' format; counters count since `since_ms` (Unix time). Does nothing without a collector. */
void	 otlp_metrics(void (*put)(struct buf *text), int64_t since_ms);
/* Whether there is a collector. */
bool	 otlp_on(void);
/* Export what waits, unless an export is under way or the next attempt is not due. Does not yield. */
void	 otlp_export(void);
/* The process ends: export what waits. Yields, for a second at most. */
void	 otlp_last(void);

#endif
