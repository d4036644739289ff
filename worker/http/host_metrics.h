/* host_metrics.h -- the metrics of this host that no process counts by itself, and the text of all of them. */
#ifndef HTTP_HOST_METRICS_H
#define HTTP_HOST_METRICS_H

#include "base/buf.h"
#include "base/metric.h"

/* Register their renderers; once a process, before host_metrics_put. */
void	 host_metrics_init(void);
/* Append the text of the metrics of all processes of the host. Does not yield. */
void	 host_metrics_put(struct buf *out, enum metric_format format);
/* Export them from this process, where there is a collector (worker/otlp.h). */
void	 host_metrics_export(void);

#endif
