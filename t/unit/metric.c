/* metric.c -- cells, sums over blocks, and the Prometheus text. */
#include <unistd.h>

#include "base/metric.h"

#include "tap.h"

static int
label(size_t cell, struct buf *out)
{
	buf_printf(out, "route=\"/r%zu\"", cell);
	return 0;
}

static void
derive(enum metric_id id, struct buf *out)
{
	buf_printf(out, "%s 42\n", metric_row(id)->name);
}

static void
add_up(void *arg, size_t cell, const uint64_t *words)
{
	int64_t *sums = arg;

	sums[0] += (int64_t)cell;
	sums[1] += (int64_t)words[0];
}

static void
keep_words(void *arg, size_t cell, const uint64_t *words)
{
	(void)cell;
	memcpy(arg, words, METRIC_HISTOGRAM_CELLS * sizeof(*words));
}

/* A walk over the cells in use, and the quantile of a histogram: 10 times from 0.5 to 1 ms, 10 from 1 to 2.5. */
static void
test_walk(uint64_t *const *blocks)
{
	uint64_t words[METRIC_HISTOGRAM_CELLS] = { 0 };
	int64_t sums[2] = { 0, 0 };
	int i;

	is_int((int64_t)metric_quantile_us(words, 0.5), 0, "no values, no quantile");
	metric_each(blocks, 2, M_KAFKA_LAG, add_up, sums);
	ok(sums[0] == 64 && sums[1] == 9, "only cells that were written are walked");
	for (i = 0; i < 20; i++)
		metric_observe_us(M_DB_DURATION, 7, i < 10 ? 700 : 1700);
	metric_each(blocks, 2, M_DB_DURATION, keep_words, words);
	is_int((int64_t)metric_quantile_us(words, 0.5), 1000, "half of them are below the bound between");
	is_int((int64_t)metric_quantile_us(words, 0.75), 1750, "between the bounds of a bucket in proportion");
	metric_observe_us(M_DB_DURATION, 7, 60 * 1000 * 1000);
	metric_each(blocks, 2, M_DB_DURATION, keep_words, words);
	is_int((int64_t)metric_quantile_us(words, 1), 10000000, "beyond the last bound: the last bound");
}

/* Of two processes the newest; on the bucket that it is in, and in OpenMetrics alone. */
static void
test_exemplars(uint64_t *a, uint64_t *b)
{
	static const uint8_t older[16] = { 1 }, newer[16] = { 0xfe, [15] = 0x2a };
	uint64_t *blocks[] = { a, b };
	struct buf out = { 0 };

	metric_use(a);
	metric_exemplar(M_HTTP_DURATION, 3, 700, older);
	usleep(2000);
	metric_use(b);
	metric_exemplar(M_HTTP_DURATION, 3, 20 * 1000 * 1000, newer);
	metric_render(&out, METRIC_OPENMETRICS, blocks, 2);
	buf_byte(&out, '\0');
	ok(strstr(out.p, "/r3\",le=\"+Inf\"} 2 # {trace_id=\"fe00000000000000000000000000002a\"} 20.000000 1") !=
	    NULL, "the newest exemplar of a cell is shown with the bucket that it is in");
	ok(strstr(out.p, "trace_id=\"01") == NULL, "an older one is not");
	buf_reset(&out);
	metric_render(&out, METRIC_PROMETHEUS, blocks, 2);
	buf_byte(&out, '\0');
	ok(strstr(out.p, "trace_id") == NULL, "Prometheus' own format has no exemplars");
	buf_fini(&out);
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
	is_int((int64_t)metric_total(blocks, 2, M_CACHE, 0), 5, "sums over processes");
	metric_set(M_LOOP_LAG, 0, 1500);
	metric_use(b);
	metric_set(M_LOOP_LAG, 0, 2500);
	metric_add(M_CPU, 0, 1250);
	metric_labels(M_KAFKA_LAG, label);
	metric_set(M_KAFKA_LAG, 64, 9);
	metric_set(M_KAFKA_LAG, 65, 9);
	metric_forget(M_KAFKA_LAG, 65);
	metric_derive(M_BACKEND, derive);
	metric_render(&out, METRIC_PROMETHEUS, blocks, 2);
	buf_byte(&out, '\0');
	ok(strstr(out.p, "cache_requests_total{result=\"hit\"} 5\n") != NULL, "a labelled counter is exposed");
	ok(strstr(out.p, "cache_requests_total{result=\"local\"} 0\n") != NULL, "all values of a label are exposed");
	ok(strstr(out.p, "\nws_rooms 7\n") != NULL, "a gauge is exposed");
	ok(strstr(out.p, "http_request_duration_seconds_bucket{route=\"/r3\",le=\"0.001\"} 1\n") != NULL,
	    "a bucket of a histogram is exposed");
	ok(strstr(out.p, "http_request_duration_seconds_bucket{route=\"/r3\",le=\"+Inf\"} 2\n") != NULL,
	    "the last bucket has all");
	ok(strstr(out.p, "http_request_duration_seconds_sum{route=\"/r3\"} 20.000700\n") != NULL, "the sum in seconds");
	ok(strstr(out.p, "route=\"/r4\"") == NULL, "an unused route is not shown");
	ok(strstr(out.p, "\nevent_loop_lag_seconds 0.002500\n") != NULL, "a maximum over the processes, in seconds");
	ok(strstr(out.p, "\nprocess_cpu_seconds_total 1.250\n") != NULL, "milliseconds are shown in seconds");
	ok(strstr(out.p, "\nkafka_consumer_lag{route=\"/r64\"} 9\n") != NULL, "a labelled gauge that was set");
	ok(strstr(out.p, "/r65") == NULL, "one that was forgotten is left out");
	ok(strstr(out.p, "# TYPE backend_up gauge\nbackend_up 42\n") != NULL, "a metric that its owner renders");
	is_int((int64_t)metric_total_all(blocks, 2, M_KAFKA_LAG), 9, "the sum over the cells of a metric");
	test_walk(blocks);
	buf_reset(&out);
	metric_render(&out, METRIC_OPENMETRICS, blocks, 2);
	buf_byte(&out, '\0');
	ok(strstr(out.p, "# TYPE cache_requests counter\ncache_requests_total{result=\"hit\"} 5\n") != NULL,
	    "OpenMetrics names a counter's family without its suffix");
	is_str(out.p + out.n - strlen("# EOF\n") - 1, "# EOF\n", "and ends with # EOF");
	test_exemplars(a, b);
	metric_use(a);
	is_int((int64_t)metric_total(blocks, 2, M_WS_ROOMS, 0), 0, "a successor starts its gauges at zero");
	is_int((int64_t)metric_total(blocks, 2, M_CACHE, 0), 5, "and goes on counting");
	is_int(metric_cell_status(metric_status_cell(404)), 404, "a status and its cell");
	is_int(metric_cell_status(metric_status_cell(418)), 0, "an unusual status shares the last cell");
	buf_fini(&out);
	free(a);
	free(b);
	return done_testing();
}
