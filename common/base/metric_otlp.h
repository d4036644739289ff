/* metric_otlp.h -- metrics in the OpenTelemetry protocol (opentelemetry-proto 1.x, its JSON mapping).
 *
 * They are made from the text that /metrics answers, so that both show the same: the names, labels and base units are
 * those of Prometheus.
 */
#ifndef BASE_METRIC_OTLP_H
#define BASE_METRIC_OTLP_H

#include "buf.h"

/* Append the metrics of a text in Prometheus' format 0.0.4 as comma-separated Metric objects: gauges as they are,
 * counters and histograms as cumulative sums since `start_ms`; times are Unix times in milliseconds. Lines of another
 * form are left out. Returns how many metrics. */
size_t	 metric_otlp(struct buf *out, const char *text, size_t n, int64_t start_ms, int64_t now_ms);

#endif
