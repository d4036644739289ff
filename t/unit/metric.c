/* metric.c -- cells, sums over blocks, and the Prometheus text. */
#include "base/metric.h"

#include "tap.h"

static int
label(size_t cell, struct buf *out)
{
	buf_printf(out, "route=\"/r%zu\"", cell);
	return 0;
}

int
main(void)
{
	uint64_t *a = calloc(metric_block_words(), 8), *b = calloc(metric_block_words(), 8), *blocks[] = { a, b };
	struct buf out = { 0 };

	metric_use(a);
	metric_add(M_CACHE, 0, 2);
	metric_set(M_WS_ROOMS, 0, 7);
	metric_labels(M_HTTP_DURATION, label);
	metric_observe_us(M_HTTP_DURATION, 3, 700);
	metric_use(b);
	metric_add(M_CACHE, 0, 3);
	metric_observe_us(M_HTTP_DURATION, 3, 20 * 1000 * 1000);
	is_int((int64_t)metric_sum(blocks, 2, M_CACHE, 0), 5, "counters are summed over processes");
	metric_render(&out, blocks, 2);
	buf_byte(&out, '\0');
	ok(strstr(out.p, "cache_requests_total{result=\"hit\"} 5\n") != NULL, "a labelled counter is exposed");
	ok(strstr(out.p, "cache_requests_total{result=\"local\"} 0\n") != NULL, "all values of a label are exposed");
	ok(strstr(out.p, "\nws_rooms 7\n") != NULL, "a gauge is exposed");
	ok(strstr(out.p, "http_request_duration_seconds_bucket{route=\"/r3\",le=\"0.001\"} 1\n") != NULL,
	    "a bucket of a histogram is exposed");
	ok(strstr(out.p, "http_request_duration_seconds_bucket{route=\"/r3\",le=\"+Inf\"} 2\n") != NULL,
	    "the last bucket of a histogram counts everything");
	ok(strstr(out.p, "http_request_duration_seconds_sum{route=\"/r3\"} 20.000700\n") != NULL,
	    "the sum of a histogram is in seconds");
	ok(strstr(out.p, "route=\"/r4\"") == NULL, "a route that was never used is not exposed");
	metric_use(a);
	is_int((int64_t)metric_sum(blocks, 2, M_WS_ROOMS, 0), 0, "a successor starts its gauges at zero");
	is_int((int64_t)metric_sum(blocks, 2, M_CACHE, 0), 5, "a successor continues the counters");
	is_int(metric_cell_status(metric_status_cell(404)), 404, "a status has a cell of its own");
	is_int(metric_cell_status(metric_status_cell(418)), 0, "unusual statuses share the last cell");
	buf_fini(&out);
	free(a);
	free(b);
	return done_testing();
}
