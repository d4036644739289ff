/* kafka_mock.c -- librdkafka's mock cluster. See kafka_mock.h. */
#include "kafka_mock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kafka_impl.h"

#include <librdkafka/rdkafka_mock.h>

/* The cluster's thread misses the wake-up of a call that follows another at once, and then polls after a second. */
enum { PAUSE_US = 2000 };
/* As syslog's: emergencies to errors. */
enum { LOG_LEVELS_SHOWN = 4 };

struct kafka_mock {
	rd_kafka_t		*rk;
	rd_kafka_mock_cluster_t	*cluster;
	int			 brokers;
	void			(*on_request)(const char *api);
};

/* librdkafka has no hook for requests but its log: "Broker 1: Received FetchRequestV11 from 127.0.0.1:40000". Called
 * on any of its threads. */
static void
on_line(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	static const char before[] = ": Received ", behind[] = "Request";
	const struct kafka_mock *m = rd_kafka_opaque(rk);
	const char *p, *end;
	char api[64];

	if (level < LOG_LEVELS_SHOWN)
		rd_kafka_log_print(rk, level, facility, text);
	if (m == NULL || m->on_request == NULL || strcmp(facility, "MOCK") != 0 || (p = strstr(text, before)) == NULL)
		return;
	p += sizeof(before) - 1;
	if ((end = strstr(p, behind)) == NULL || (size_t)(end - p) >= sizeof(api))
		return;
	memcpy(api, p, (size_t)(end - p));
	api[end - p] = '\0';
	m->on_request(api);
}

struct kafka_mock *
kafka_mock_new(int brokers, void (*on_request)(const char *api))
{
	rd_kafka_conf_t *c = rd_kafka_conf_new();
	const struct kafka_topic *t;
	struct kafka_mock *m;
	char why[256];

	if ((m = calloc(1, sizeof(*m))) == NULL)
		bug("out of memory");
	m->brokers = brokers;
	m->on_request = on_request;
	rd_kafka_conf_set(c, "client.id", "dure-broker", NULL, 0);
	rd_kafka_conf_set(c, "log_level", "3", NULL, 0);
	if (on_request != NULL)
		rd_kafka_conf_set(c, "debug", "mock", NULL, 0);
	rd_kafka_conf_set_opaque(c, m);
	rd_kafka_conf_set_log_cb(c, on_line);
	if ((m->rk = rd_kafka_new(RD_KAFKA_PRODUCER, c, why, sizeof(why))) == NULL) {
		log_error("no mock cluster", JS("reason", why));
		rd_kafka_conf_destroy(c);
	} else {
		m->cluster = rd_kafka_mock_cluster_new(m->rk, brokers);
	}
	if (m->cluster == NULL) {
		kafka_mock_free(&m);
		return NULL;
	}
	for (t = kafka_topics; t->name != NULL; t++) {
		usleep(PAUSE_US);
		rd_kafka_mock_topic_create(m->cluster, t->name, t->partitions, t->replication < brokers
		    ? t->replication : brokers);
	}
	usleep(PAUSE_US);
	rd_kafka_mock_topic_create(m->cluster, KAFKA_WAKE_TOPIC, 1, 1);
	return m;
}

void
kafka_mock_free(struct kafka_mock **mp)
{
	struct kafka_mock *m = *mp;

	*mp = NULL;
	if (m == NULL)
		return;
	if (m->cluster != NULL)
		rd_kafka_mock_cluster_destroy(m->cluster);
	if (m->rk != NULL)
		rd_kafka_destroy(m->rk);
	free(m);
}

const char *
kafka_mock_bootstrap(const struct kafka_mock *m)
{
	return rd_kafka_mock_cluster_bootstraps(m->cluster);
}

void
kafka_mock_down(struct kafka_mock *m)
{
	int i;

	for (i = 1; i <= m->brokers; i++)
		rd_kafka_mock_broker_set_down(m->cluster, i);
}

void
kafka_mock_up(struct kafka_mock *m)
{
	int i;

	for (i = 1; i <= m->brokers; i++)
		rd_kafka_mock_broker_set_up(m->cluster, i);
}
