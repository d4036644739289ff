/* host_figures.h -- what all processes of this host have done so far and hold now, as a few numbers, from the shared
 * metrics. Nothing here yields. */
#ifndef OPS_HOST_FIGURES_H
#define OPS_HOST_FIGURES_H

#include <stdint.h>

#include "base/arena.h"
#include "base/metric.h"
#include "base/str.h"

struct host_figures {
	int64_t		 at_ms;			/* monotonic */
	/* counted up since the host's master was started */
	int64_t		 requests, failures;	/* answered; those with 5xx */
	uint64_t	 took[METRIC_HISTOGRAM_CELLS];	/* of http_request_duration_seconds, but for polls */
	int64_t		 deliveries, cache_hits, cache_reads;
	/* now */
	int64_t		 connections, sockets, outbox, outbox_age_ms, lag;
	int64_t		 rss_bytes, cpu_permille;	/* of one core, over the last second */
	int64_t		 uptime_ms;
};
void	 host_figures_read(struct host_figures *f);
/* What has happened from `before` to `now`, and how things are: the payload of the event `metrics`, in `mem`. */
struct str host_figures_json(struct arena *mem, const struct host_figures *before, const struct host_figures *now);

#endif
