/* kafka_probe.c -- the state of a cluster for `dure doctor`: reached or why not, topics, replicas, lag. See
 * kafka_admin.h. */
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "kafka_admin.h"
#include "kafka_impl.h"

enum { SLICE_MS = 500, DOWN_MS = 2500 };	/* a name may have an address more */

static bool all_down;		/* librdkafka has tried every broker in vain */
static int kept;		/* the error whose reason is kept */

/* The client's own words name the cause; the question's error only says that there was no answer. */
static void
keep_error(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct kafka_probe *p = arg;

	(void)rk;
	all_down = all_down || err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
	if (*p->why != '\0' && kafka_telling(err) < kafka_telling(kept))
		return;
	kept = err;
	snprintf(p->why, sizeof(p->why), "%s", reason);
}

static void
ignore_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	(void)level;
	(void)facility;
	(void)text;
}

static rd_kafka_t *
open_probe(struct kafka_probe *p, const char *group)
{
	rd_kafka_conf_t *c = kafka_conf_new();
	rd_kafka_t *rk;

	if (c == NULL || !kafka_conf_set(c, "group.id", group) || !kafka_conf_props(c)) {
		snprintf(p->why, sizeof(p->why), "librdkafka refuses the KAFKA_ settings: dure config check");
		if (c != NULL)
			rd_kafka_conf_destroy(c);
		return NULL;
	}
	rd_kafka_conf_set(c, "log.queue", "false", NULL, 0);
	rd_kafka_conf_set_log_cb(c, ignore_log);
	rd_kafka_conf_set_error_cb(c, keep_error);
	rd_kafka_conf_set_opaque(c, p);
	if ((rk = rd_kafka_new(RD_KAFKA_CONSUMER, c, p->why, sizeof(p->why))) == NULL)
		rd_kafka_conf_destroy(c);
	return rk;
}

static bool
is_hopeless(const struct kafka_probe *p, int64_t began_ms)
{
	return strcasestr(p->why, "authentication") != NULL || (all_down && mono_ms() - began_ms > DOWN_MS);
}

/* Asks again and again, since the client connects in the background. */
static const struct rd_kafka_metadata *
reach_brokers(rd_kafka_t *rk, struct kafka_probe *p, int limit_ms)
{
	const struct rd_kafka_metadata *m = NULL;
	int64_t began_ms = mono_ms();
	rd_kafka_resp_err_t err;

	do {
		err = rd_kafka_metadata(rk, 1, NULL, &m, SLICE_MS);
		rd_kafka_poll(rk, 0);
	} while (err != RD_KAFKA_RESP_ERR_NO_ERROR && mono_ms() - began_ms < limit_ms && !is_hopeless(p, began_ms));
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR && *p->why == '\0')
		snprintf(p->why, sizeof(p->why), "%s", rd_kafka_err2str(err));
	return err == RD_KAFKA_RESP_ERR_NO_ERROR ? m : NULL;
}

static double
measure_latency(rd_kafka_t *rk)
{
	const struct rd_kafka_metadata *m;
	int64_t began_us = mono_us();

	if (rd_kafka_metadata(rk, 1, NULL, &m, SLICE_MS * 10) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_metadata_destroy(m);
	return (double)(mono_us() - began_us) / 1000;
}

static const struct rd_kafka_metadata_topic *
topic_of(const struct rd_kafka_metadata *m, const char *name)
{
	int i;

	for (i = 0; i < m->topic_cnt; i++)
		if (strcmp(m->topics[i].topic, name) == 0 && m->topics[i].partition_cnt > 0)
			return &m->topics[i];
	return NULL;
}

static void
look_at_replicas(struct kafka_probe *p, const struct rd_kafka_metadata_topic *t)
{
	int i;

	for (i = 0; i < t->partition_cnt && *p->weak == '\0'; i++)
		if (t->partitions[i].isr_cnt < t->partitions[i].replica_cnt)
			snprintf(p->weak, sizeof(p->weak), "%s:%d has %d of %d replicas in sync", t->topic,
			    t->partitions[i].id,
			    t->partitions[i].isr_cnt, t->partitions[i].replica_cnt);
}

static void
look_at_topics(struct kafka_probe *p, const struct rd_kafka_metadata *m, rd_kafka_topic_partition_list_t *v)
{
	const struct rd_kafka_metadata_topic *have;
	const struct kafka_topic *t;
	size_t n = 0;

	p->brokers = m->broker_cnt;
	for (t = kafka_topics; t->name != NULL; t++) {
		if ((have = topic_of(m, t->name)) != NULL) {
			look_at_replicas(p, have);
			rd_kafka_topic_partition_list_add_range(v, t->name, 0, have->partition_cnt - 1);
		} else if (n < sizeof(p->missing)) {
			n += (size_t)snprintf(p->missing + n, sizeof(p->missing) - n, "%s%s", n > 0 ? ", " : "",
			    t->name);
		}
	}
}

/* What the group has never read is none of its topics. */
static void
measure_lag(rd_kafka_t *rk, struct kafka_probe *p, rd_kafka_topic_partition_list_t *v, int limit_ms)
{
	int64_t low, high, lag, worst = 0, total = 0, until_ms = mono_ms() + limit_ms;
	int i;

	p->lag = -1;
	if (limit_ms <= 0 || rd_kafka_committed(rk, v, limit_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	for (i = 0; i < v->cnt; i++) {
		const rd_kafka_topic_partition_t *e = &v->elems[i];

		if (e->offset < 0)
			continue;
		if (mono_ms() > until_ms || rd_kafka_query_watermark_offsets(rk, e->topic, e->partition, &low, &high,
		    SLICE_MS * 2) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR)
			return;
		lag = high - (e->offset > low ? e->offset : low);
		total += lag;
		if (lag > worst)
			snprintf(p->behind, sizeof(p->behind), "%s:%d by %lld", e->topic, e->partition, (long long)lag);
		worst = lag > worst ? lag : worst;
	}
	p->lag = total;
}

int
kafka_admin_probe(struct kafka_probe *p, const char *group, int limit_ms)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_new(32);
	int64_t until_ms = mono_ms() + limit_ms;
	const struct rd_kafka_metadata *m = NULL;
	rd_kafka_t *rk;

	*p = (struct kafka_probe){ .lag = -1 };
	if ((rk = open_probe(p, group)) != NULL && (m = reach_brokers(rk, p, limit_ms)) != NULL) {
		p->latency_ms = measure_latency(rk);
		look_at_topics(p, m, v);
		rd_kafka_metadata_destroy(m);
		measure_lag(rk, p, v, (int)(until_ms - mono_ms()));
	}
	rd_kafka_topic_partition_list_destroy(v);
	if (rk != NULL && m != NULL)
		rd_kafka_destroy(rk);	/* without a broker it would wait for one; the process ends soon */
	return m != NULL ? 0 : E_DOWN;
}
