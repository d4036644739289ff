/* kafka_mock.c -- librdkafka's mock cluster. See kafka_mock.h. */
#include "kafka_mock.h"

#include <stdlib.h>
#include <unistd.h>

#include "kafka_impl.h"

#include <librdkafka/rdkafka_mock.h>

/* The cluster's thread loses the wake-up of a call that comes right behind another, and then takes a second to look. */
enum { PAUSE_US = 2000 };

struct kafka_mock {
	rd_kafka_t		*rk;
	rd_kafka_mock_cluster_t	*cluster;
	int			 brokers;
};

struct kafka_mock *
kafka_mock_new(int brokers)
{
	rd_kafka_conf_t *c = rd_kafka_conf_new();
	const struct kafka_topic *t;
	struct kafka_mock *m;
	char why[256];

	if ((m = calloc(1, sizeof(*m))) == NULL)
		bug("out of memory");
	m->brokers = brokers;
	rd_kafka_conf_set(c, "client.id", "dure-broker", NULL, 0);
	rd_kafka_conf_set(c, "log_level", "3", NULL, 0);
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
		rd_kafka_mock_topic_create(m->cluster, t->name, t->partitions, t->replication < brokers ? t->replication : brokers);
	}
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
