/* host_metrics.c -- what is derived from the scoreboard when metrics are asked for. See host_metrics.h. */
#include "host_metrics.h"

#include "base/str.h"
#include "base/version.h"
#include "link/kafka.h"
#include "proc/scoreboard.h"

static uint64_t
host_total(enum metric_id id, size_t cell)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];

	return metric_total(blocks, scoreboard_blocks(blocks), id, cell);
}

/* By any process that uses it. */
static void
put_backends(const char *name, struct buf *out)
{
	static const char *const stores[] = { "postgres", "redis", "kafka" };
	size_t i;

	for (i = 0; i < NELEM(stores); i++)
		buf_printf(out, "%s{store=\"%s\"} %d\n", name, stores[i], host_total(M_BACKEND_UP, i) > 0);
}

static void
put_start_time(const char *name, struct buf *out)
{
	buf_printf(out, "%s %.3f\n", name, (double)scoreboard_slot(0)->started_ms / 1e3);
}

static void
put_build(const char *name, struct buf *out)
{
	buf_printf(out, "%s{version=\"%s\",revision=\"%s\"} 1\n", name, dure_version, dure_revision);
}

/* A line for each process of the host: a state, or the first cell of one of its metrics. */
static void
put_each(const char *name, struct buf *out, double (*value)(int slot))
{
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);

		if (s->state != SLOT_FREE)
			buf_printf(out, "%s{kind=\"%s\",index=\"%d\"} %.*f\n", name, proc_kind_names[s->kind], s->index,
			    value(i) == (double)(int64_t)value(i) ? 0 : 6, value(i));
	}
}

static double
slot_cell(int slot, enum metric_id id)
{
	return (double)(int64_t)scoreboard_metrics(slot)[metric_row(id)->first];
}

static double
is_ready(int slot)
{
	return scoreboard_slot(slot)->state == SLOT_READY;
}

static double
is_quarantined(int slot)
{
	return scoreboard_slot(slot)->quarantined_ms != 0;
}

static double
resident_bytes(int slot)
{
	return slot_cell(slot, M_RSS);
}

static double
cpu_seconds(int slot)
{
	return slot_cell(slot, M_CPU) / 1e3;
}

static double
open_fds(int slot)
{
	return slot_cell(slot, M_OPEN_FDS);
}

static double
loop_lag_seconds(int slot)
{
	return slot_cell(slot, M_LOOP_LAG) / 1e6;
}

static void
put_up(const char *name, struct buf *out)
{
	put_each(name, out, is_ready);
}

static void
put_quarantined(const char *name, struct buf *out)
{
	put_each(name, out, is_quarantined);
}

static void
put_resident(const char *name, struct buf *out)
{
	put_each(name, out, resident_bytes);
}

static void
put_cpu(const char *name, struct buf *out)
{
	put_each(name, out, cpu_seconds);
}

static void
put_fds(const char *name, struct buf *out)
{
	put_each(name, out, open_fds);
}

static void
put_lag(const char *name, struct buf *out)
{
	put_each(name, out, loop_lag_seconds);
}

static void
put_old_memory(const char *name, struct buf *out)
{
	buf_printf(out, "%s{type=\"rss\"} %llu\n", name, (unsigned long long)host_total(M_RSS, 0));
}

static void
put_old_cpu(const char *name, struct buf *out)
{
	static struct { int64_t at_ms, cpu_ms; double percent; } last;
	int64_t now = mono_ms(), cpu_ms = (int64_t)host_total(M_CPU, 0);

	if (now - last.at_ms >= 1000) {
		if (last.at_ms > 0)
			last.percent = 100.0 * (double)(cpu_ms - last.cpu_ms) / (double)(now - last.at_ms);
		last.at_ms = now;
		last.cpu_ms = cpu_ms;
	}
	buf_printf(out, "%s %.2f\n", name, last.percent);
}

static void
put_old_lag(const char *name, struct buf *out)
{
	buf_printf(out, "%s %.6f\n", name, (double)host_total(M_LOOP_LAG, 0) / 1e6);
}

static const struct { enum metric_id id; void (*put)(const char *name, struct buf *out); } derived[] = {
	{ M_BACKEND,	 put_backends },
	{ M_START_TIME,	 put_start_time },
	{ M_BUILD_INFO,	 put_build },
	{ M_PROCESS_UP,	 put_up },
	{ M_PROCESS_QUARANTINED, put_quarantined },
	{ M_PROCESS_RSS, put_resident },
	{ M_PROCESS_CPU, put_cpu },
	{ M_PROCESS_FDS, put_fds },
	{ M_PROCESS_LAG, put_lag },
	{ M_OLD_MEMORY,	 put_old_memory },
	{ M_OLD_CPU,	 put_old_cpu },
	{ M_OLD_LAG,	 put_old_lag },
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
}

void
host_metrics_put(struct buf *out, enum metric_format format)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];

	metric_render(out, format, blocks, scoreboard_blocks(blocks));
}
