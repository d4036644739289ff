/* metric_otlp.c -- the text of /metrics as metrics of the OpenTelemetry protocol. */
#include "base/metric_otlp.h"
#include "base/json.h"
#include "tap.h"

static const char text[] =
    "# HELP ws_rooms Rooms\n# TYPE ws_rooms gauge\nws_rooms 7\n"
    "# HELP empty_total Nothing yet\n# TYPE empty_total counter\n"
    "# HELP cache_total What \"hits\"\n# TYPE cache_total counter\n"
    "cache_total{result=\"hit\"} 5\ncache_total{result=\"a\\\"b,c=\\\"}\",le=\"x\"} 2\n"
    "# HELP took_seconds Time\n# TYPE took_seconds histogram\n"
    "took_seconds_bucket{table=\"/a\",le=\"0.5\"} 1\ntook_seconds_bucket{table=\"/a\",le=\"1\"} 4\n"
    "took_seconds_bucket{table=\"/a\",le=\"+Inf\"} 6\ntook_seconds_sum{"
    "table=\"/a\"} 7.250000\ntook_seconds_count{table=\"/a\"} 6\n"
    "took_seconds_bucket{route=\"/b\",le=\"+Inf\"} 2\ntook_seconds_sum{route=\"/b\"} 1\ntook_seconds_count{"
    "route=\"/b\"} 2\n"
    "# HELP odd Odd\n# TYPE odd gauge\nodd NaN\nodd +Inf\nodd\nodd{a=\"b\" 3\n";

int
main(void)
{
	struct buf out = { 0 };
	const struct json *list, *one;
	struct arena mem;
	size_t n;

	arena_init(&mem, 4096);
	buf_byte(&out, '[');
	n = metric_otlp(&out, text, sizeof(text) - 1, 1000, 2500);
	buf_byte(&out, ']');
	is_int((int64_t)n, 3, "a metric without a value is left out");
	ok(json_parse(&mem, out.p, out.n, &list) == 0, "the metrics are JSON");
	one = json_first(list);
	is_str(json_text(&mem, one).p, "{\"name\":\"ws_rooms\",\"description\":\"Rooms\",\"gauge\":{\"dataPoints\":[{"
	    "\"attributes\":[],"
	    "\"timeUnixNano\":\"2500000000\",\"asDouble\":7}]}}", "a gauge has its value");
	one = json_next(one);
	is_str(json_text(&mem, one).p, "{\"name\":\"cache_total\",\"description\":\"What \\\"hits\\\"\",\"sum\":{"
	    "\"aggregationTemporality\":2,"
	    "\"isMonotonic\":true,\"dataPoints\":[{\"attributes\":[{\"key\":\"result\",\"value\":{"
	    "\"stringValue\":\"hit\"}}],"
	    "\"startTimeUnixNano\":\"1000000000\",\"timeUnixNano\":\"2500000000\",\"asDouble\":5},{\"attributes\":[{"
	    "\"key\":\"result\","
	    "\"value\":{\"stringValue\":\"a\\\"b,c=\\\"}\"}}],\"startTimeUnixNano\":\"1000000000\","
	    "\"timeUnixNano\":\"2500000000\","
	    "\"asDouble\":2}]}}", "a counter is a cumulative sum; a label keeps its escapes");
	one = json_next(one);
	is_str(json_text(&mem, one).p, "{\"name\":\"took_seconds\",\"description\":\"Time\",\"histogram\":{"
	    "\"aggregationTemporality\":2,"
	    "\"dataPoints\":[{\"attributes\":[{\"key\":\"table\",\"value\":{\"stringValue\":\"/a\"}}],"
	    "\"startTimeUnixNano\":\"1000000000\","
	    "\"timeUnixNano\":\"2500000000\",\"count\":\"6\",\"sum\":7.250000,\"bucketCounts\":[\"1\",\"3\",\"2\"],"
	    "\"explicitBounds\":[0.5,1]},{\"attributes\":[{\"key\":\"route\",\"value\":{\"stringValue\":\"/b\"}}],"
	    "\"startTimeUnixNano\":\"1000000000\",\"timeUnixNano\":\"2500000000\",\"count\":\"2\",\"sum\":1,"
	    "\"bucketCounts\":[\"2\"],"
	    "\"explicitBounds\":[]}]}}", "a histogram has the counts of its buckets, not those up to them");
	buf_fini(&out);
	arena_fini(&mem);
	return done_testing();
}
