/* host_figures.c -- see host_figures.h. */
#include "host_figures.h"

#include "base/host.h"
#include "base/json.h"
#include "proc/scoreboard.h"

enum { CACHE_MISS = 1, CACHE_JOINED = 3, CACHE_CELLS = 4 };	/* cells of M_CACHE */

static void
add_requests(void *arg, size_t cell, const uint64_t *n)
{
	struct host_figures *f = arg;

	f->requests += (int64_t)*n;
	if (metric_cell_status(cell % METRIC_STATUSES_MAX) >= 500)
		f->failures += (int64_t)*n;
}

static void
add_durations(void *arg, size_t cell, const uint64_t *words)
{
	struct host_figures *f = arg;
	int i;

	if (scoreboard_waiting_route((int)(cell / METRIC_CLASSES)))
		return;
	for (i = 0; i < METRIC_HISTOGRAM_CELLS; i++)
		f->took[i] += words[i];
}

static void
read_cache(uint64_t *const *blocks, size_t n, struct host_figures *f)
{
	size_t cell;
	int64_t v;

	for (cell = 0; cell < CACHE_CELLS; cell++) {
		v = (int64_t)metric_total(blocks, n, M_CACHE, cell);
		f->cache_reads += v;
		if (cell != CACHE_MISS && cell != CACHE_JOINED)
			f->cache_hits += v;
	}
}

static int64_t
cpu_now(void)
{
	int64_t sum = 0;
	int i;

	for (i = 1; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);

		if (s->state >= SLOT_STARTING && s->state <= SLOT_DRAINING)
			sum += __atomic_load_n(&s->cpu_permille, __ATOMIC_RELAXED);
	}
	return sum;
}

void
host_figures_read(struct host_figures *f)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];
	size_t n = scoreboard_blocks(blocks);

	*f = (struct host_figures){
		.at_ms = mono_ms(), .uptime_ms = now_ms() - scoreboard_slot(0)->started_ms, .cpu_permille = cpu_now(),
		.connections = (int64_t)metric_total(blocks, n, M_HTTP_CONNECTIONS, 0),
		.sockets = (int64_t)metric_total(blocks, n, M_WS_CONNECTIONS, 0),
		.deliveries = (int64_t)metric_total(blocks, n, M_WS_DELIVERIES, 0),
		.outbox = (int64_t)metric_total(blocks, n, M_OUTBOX_DEPTH, 0),
		.outbox_age_ms = (int64_t)metric_total(blocks, n, M_OUTBOX_AGE, 0),
		.lag = (int64_t)metric_total_all(blocks, n, M_KAFKA_LAG),
		.rss_bytes = (int64_t)metric_total(blocks, n, M_RSS, 0),
	};
	metric_each(blocks, n, M_HTTP_REQUESTS, add_requests, f);
	metric_each(blocks, n, M_HTTP_DURATION, add_durations, f);
	read_cache(blocks, n, f);
}

static int64_t
count_of(const uint64_t took[METRIC_HISTOGRAM_CELLS])
{
	int64_t n = 0;
	int i;

	for (i = 0; i < METRIC_BUCKETS; i++)
		n += (int64_t)took[i];
	return n;
}

struct str
host_figures_json(struct arena *mem, const struct host_figures *before, const struct host_figures *now)
{
	int64_t ms = now->at_ms - before->at_ms, reads = now->cache_reads - before->cache_reads, n;
	uint64_t took[METRIC_HISTOGRAM_CELLS];
	double seconds = ms > 0 ? (double)ms / 1e3 : 1;
	int i;

	for (i = 0; i < METRIC_HISTOGRAM_CELLS; i++)
		took[i] = now->took[i] - before->took[i];
	n = count_of(took);
	return json_obj(mem, JT("timestamp", now_ms()), JS("host", host_name()),
	    JR("requests", json_obj(mem, JI("total", now->requests),
		JD("rate", (double)(now->requests - before->requests) / seconds), JI("errors", now->failures))),
	    JR("performance", json_obj(mem,
		JD("responseTime", n > 0 ? (double)took[METRIC_BUCKETS] / (double)n / 1e3 : 0),
		JD("p95", metric_quantile_us(took, 0.95) / 1e3), JI("activeConnections", now->connections))),
	    JR("system", json_obj(mem, JD("cpu", (double)now->cpu_permille / 10), JI("memory", now->rss_bytes),
		JD("uptime", (double)now->uptime_ms / 1e3))),
	    JI("sockets", now->sockets),
	    JR("deliveries", json_obj(mem, JI("total", now->deliveries),
		JD("rate", (double)(now->deliveries - before->deliveries) / seconds))),
	    JR("outbox", json_obj(mem, JI("depth", now->outbox), JI("ageMs", now->outbox_age_ms))), JI("lag", now->lag),
	    JR("cache", json_obj(mem, reads > 0 ? JD("hitRate", (double)(now->cache_hits - before->cache_hits) /
		(double)reads) : JS("hitRate", NULL))));
}
