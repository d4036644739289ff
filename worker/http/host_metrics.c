/* host_metrics.c -- what is derived from the scoreboard when metrics are asked for. See host_metrics.h. */
#include "host_metrics.h"

#include "base/str.h"
#include "base/version.h"
#include "link/kafka.h"
#include "proc/scoreboard.h"
#include "worker/domain/external/external_api.h"
#include "worker/otlp.h"

static uint64_t
host_total(enum metric_id id, size_t cell)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];

	return metric_total(blocks, scoreboard_blocks(blocks), id, cell);
}

/* A link that nothing was asked on proves nothing: it counts as up only where no process finds the store gone. */
static bool
is_backend_up(size_t store)
{
	return host_total(M_BACKEND_UP, store) > host_total(M_BACKEND_SILENT, store) ||
	    host_total(M_BACKEND_DOWN, store) == 0;
}

static void
put_backends(enum metric_id id, struct buf *out)
{
	static const char *const stores[] = { "postgres", "redis", "kafka" };
	size_t i;

	for (i = 0; i < NELEM(stores); i++)
		buf_printf(out, "%s{store=\"%s\"} %d\n", metric_row(id)->name, stores[i], is_backend_up(i));
}

static void
put_start_time(enum metric_id id, struct buf *out)
{
	buf_printf(out, "%s %.3f\n", metric_row(id)->name, (double)scoreboard_slot(0)->started_ms / 1e3);
}

static void
put_build(enum metric_id id, struct buf *out)
{
	buf_printf(out, "%s{version=\"%s\",revision=\"%s\"} 1\n", metric_row(id)->name, dure_version, dure_revision);
}

static double
process_value(enum metric_id id, int slot)
{
	/* the first cell of a metric of each process, and its parts of the base unit */
	static const struct { enum metric_id id, of; double per; } cells[] = {
		{ M_PROCESS_RSS, M_RSS,	     1 },
		{ M_PROCESS_CPU, M_CPU,	     1e3 },
		{ M_PROCESS_FDS, M_OPEN_FDS, 1 },
		{ M_PROCESS_MAX_FDS, M_MAX_FDS, 1 },
		{ M_PROCESS_LAG, M_LOOP_LAG, 1e6 },
	};
	const struct slot *s = scoreboard_slot(slot);
	size_t i;

	for (i = 0; i < NELEM(cells); i++)
		if (cells[i].id == id)
			return (double)(int64_t)scoreboard_metrics(slot)[metric_row(cells[i].of)->first] / cells[i].per;
	return id == M_PROCESS_UP ? s->state == SLOT_READY : s->quarantined_ms != 0;
}

/* A line for each process of the host. */
static void
put_processes(enum metric_id id, struct buf *out)
{
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);
		double v = process_value(id, i);

		if (s->state != SLOT_FREE)
			buf_printf(out, "%s{kind=\"%s\",index=\"%d\"} %.*f\n", metric_row(id)->name,
			    proc_kind_names[s->kind], s->index, v == (double)(int64_t)v ? 0 : 6, v);
	}
}

static void
put_old_memory(enum metric_id id, struct buf *out)
{
	buf_printf(out, "%s{type=\"rss\"} %llu\n", metric_row(id)->name, (unsigned long long)host_total(M_RSS, 0));
}

static void
put_old_cpu(enum metric_id id, struct buf *out)
{
	static struct { int64_t at_ms, cpu_ms; double percent; } last;
	int64_t now = mono_ms(), cpu_ms = (int64_t)host_total(M_CPU, 0);

	if (now - last.at_ms >= 1000) {
		if (last.at_ms > 0)
			last.percent = 100.0 * (double)(cpu_ms - last.cpu_ms) / (double)(now - last.at_ms);
		last.at_ms = now;
		last.cpu_ms = cpu_ms;
	}
	buf_printf(out, "%s %.2f\n", metric_row(id)->name, last.percent);
}

static void
put_old_lag(enum metric_id id, struct buf *out)
{
	buf_printf(out, "%s %.6f\n", metric_row(id)->name, (double)host_total(M_LOOP_LAG, 0) / 1e6);
}

static const struct { enum metric_id id; void (*put)(enum metric_id id, struct buf *out); } derived[] = {
	{ M_BACKEND,		 put_backends },
	{ M_START_TIME,		 put_start_time },
	{ M_BUILD_INFO,		 put_build },
	{ M_PROCESS_UP,		 put_processes },
	{ M_PROCESS_QUARANTINED, put_processes },
	{ M_PROCESS_RSS,	 put_processes },
	{ M_PROCESS_CPU,	 put_processes },
	{ M_PROCESS_FDS,	 put_processes },
	{ M_PROCESS_MAX_FDS,	 put_processes },
	{ M_PROCESS_LAG,	 put_processes },
	{ M_OLD_MEMORY,		 put_old_memory },
	{ M_OLD_CPU,		 put_old_cpu },
	{ M_OLD_LAG,		 put_old_lag },
};

static int
put_partition(size_t cell, struct buf *out)
{
	const struct kafka_topic *t;
	size_t i = cell / METRIC_PARTITIONS_MAX;

	for (t = kafka_topics; t->name != NULL && i > 0; t++)
		i--;
	if (t->name == NULL)
		return -1;
	buf_printf(out, "topic=\"%s\",partition=\"%zu\"", t->name, cell % METRIC_PARTITIONS_MAX);
	return 0;
}

void
host_metrics_init(void)
{
	size_t i;

	for (i = 0; i < NELEM(derived); i++)
		metric_derive(derived[i].id, derived[i].put);
	metric_labels(M_KAFKA_LAG, put_partition);
	external_metrics_start();
}

void
host_metrics_put(struct buf *out, enum metric_format format)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];

	metric_render(out, format, blocks, scoreboard_blocks(blocks));
}

static void
put_prometheus(struct buf *out)
{
	host_metrics_put(out, METRIC_PROMETHEUS);
}

void
host_metrics_export(void)
{
	otlp_metrics(put_prometheus, scoreboard_slot(0)->started_ms);
}
