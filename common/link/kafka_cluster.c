/* kafka_cluster.c -- where the brokers are, which cluster they form, which topics there should be and are. See kafka.h. */
#include "kafka_impl.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "proc/scoreboard.h"

#define HOURS(n) ((int64_t)(n) * 3600 * 1000)
#define DAYS(n) HOURS((n) * 24)

enum { ASK_MS = 1500 };		/* longest wait for an answer of the brokers */

const struct kafka_topic kafka_topics[] = {
	{ "product-search-requests",	3, 2, DAYS(1),	"out" },
	{ "product-search-results",	3, 2, DAYS(1),	"in" },
	{ "analysis-requests",		5, 2, DAYS(7),	"out" },
	{ "realtime-status",		5, 2, HOURS(1),	"in" },
	{ "analysis-results",		5, 2, DAYS(30),	"in" },
	{ "watchlist-requests",		3, 2, DAYS(30),	"out" },
	{ "watchlist-updates",		3, 2, DAYS(7),	"in" },
	{ "batch-jobs",			2, 2, DAYS(30),	"out" },
	{ "batch-job-status",		2, 2, DAYS(7),	"in" },
	{ "order-events",		5, 2, DAYS(7),	"out" },
	{ "error-notifications",	2, 2, DAYS(7),	"in and out" },
	{ NULL, 0, 0, 0, NULL }
};

bool
kafka_embedded(void)
{
	return strcmp(conf.kafka_brokers, "embedded") == 0;
}

const char *
kafka_brokers(struct arena *mem)
{
	char address[BROKER_ADDRESS_BYTES] = "";
	int64_t incarnation;

	if (!kafka_embedded())
		return conf.kafka_brokers;
	scoreboard_broker(address, &incarnation);
	return arena_strdup(mem, address);
}

static int
ask_cluster_id(rd_kafka_t *rk, void *arg)
{
	char **id = arg;

	*id = rd_kafka_clusterid(rk, ASK_MS);
	return *id != NULL ? 0 : E_DOWN;
}

static void
drop_cluster_id(void *arg)
{
	char **id = arg;

	if (*id != NULL)
		rd_kafka_mem_free(NULL, *id);
}

int
kafka_cluster(struct arena *mem, const char **id)
{
	struct kafka_client *c = kafka_client_any();
	char address[BROKER_ADDRESS_BYTES];
	int64_t incarnation = 0;
	char *text = NULL;
	int rc;

	if (kafka_embedded()) {
		scoreboard_broker(address, &incarnation);
		*id = arena_printf(mem, "embedded-%lld", (long long)incarnation);
		return incarnation != 0 ? 0 : E_DOWN;
	}
	if (c == NULL)
		return E_DOWN;
	if ((rc = kafka_call(c, ask_cluster_id, drop_cluster_id, &text, sizeof(text))) < 0)
		return rc;
	*id = arena_strdup(mem, text);
	rd_kafka_mem_free(NULL, text);
	return 0;
}

static int
ask_metadata(rd_kafka_t *rk, void *arg)
{
	const struct rd_kafka_metadata **m = arg;

	*m = NULL;
	return rd_kafka_metadata(rk, 1, NULL, m, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : E_DOWN;
}

static void
drop_metadata(void *arg)
{
	const struct rd_kafka_metadata **m = arg;

	if (*m != NULL)
		rd_kafka_metadata_destroy(*m);
}

static void
put_metadata(struct buf *out, const struct rd_kafka_metadata *m)
{
	int i;

	buf_str(out, "{\"brokers\":[");
	for (i = 0; i < m->broker_cnt; i++) {
		buf_str(out, i > 0 ? "," : "");
		json_put_obj(out, (const struct json_field[]){ JI("id", m->brokers[i].id), JS("host", m->brokers[i].host),
		    JI("port", m->brokers[i].port) }, 3);
	}
	buf_str(out, "],\"topics\":[");
	for (i = 0; i < m->topic_cnt; i++) {
		const struct rd_kafka_metadata_topic *t = &m->topics[i];

		buf_str(out, i > 0 ? "," : "");
		json_put_obj(out, (const struct json_field[]){ JS("name", t->topic), JI("partitions", t->partition_cnt),
		    JI("replication", t->partition_cnt > 0 ? t->partitions[0].replica_cnt : 0) }, 3);
	}
	buf_str(out, "]}");
}

int
kafka_metadata(struct arena *mem, struct str *json)
{
	const struct rd_kafka_metadata *m = NULL;
	struct kafka_client *c = kafka_client_any();
	struct buf text = { 0 };
	int rc = c == NULL ? E_DOWN : kafka_call(c, ask_metadata, drop_metadata, &m, sizeof(m));

	if (rc == 0 || rc == E_DOWN)
		kafka_note_up(rc == 0);
	if (rc < 0)
		return rc;
	put_metadata(&text, m);
	*json = (struct str){ arena_copy(mem, text.p, text.n), text.n };
	buf_fini(&text);
	rd_kafka_metadata_destroy(m);
	return 0;
}
