/* route_usage.c -- requests by endpoint, from the metrics of this process. See route_usage.h. */
#include "route_usage.h"

#include "base/metric.h"
#include "proc/scoreboard.h"
#include "route.h"
#include "worker/domain/ops/usage.h"

static uint64_t *block;

static const char *
path_of(int id)
{
	return route_endpoint(id)->route->path;
}

static unsigned long long
count_of(int id)
{
	unsigned long long n = 0;
	size_t i;

	for (i = 0; i < METRIC_STATUSES_MAX; i++)
		n += metric_total(&block, 1, M_HTTP_REQUESTS, (size_t)id * METRIC_STATUSES_MAX + i);
	return n;
}

void
route_usage_start(void)
{
	block = scoreboard_metrics((int)(scoreboard_me() - scoreboard_slot(0)));
	usage_start(route_count(), path_of, count_of);
}
