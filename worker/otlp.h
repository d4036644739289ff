/* otlp.h -- exports spans and log lines to an OpenTelemetry collector by OTLP/HTTP with JSON
 * (OTEL_EXPORTER_OTLP_ENDPOINT).
 *
 * One export at a time, in a coroutine of its own. While the collector is away, attempts are repeated ever more rarely
 * and what does not fit into the queues is dropped and counted; a warning says so once, a line when it is over.
 */
#ifndef WORKER_OTLP_H
#define WORKER_OTLP_H

#include <stdbool.h>

/* Start in this process; `on_log` is called when a log line waits to be exported. */
void	 otlp_start(const char *service, void (*on_log)(void));
/* Whether there is a collector. */
bool	 otlp_on(void);
/* Export what waits, unless an export is under way or the next attempt is not due. Does not yield. */
void	 otlp_export(void);
/* The process ends: export what waits. Yields, for a second at most. */
void	 otlp_last(void);

#endif
