/* kafka_cluster.c -- the id of the cluster, its topics and those that are missing. See kafka.h. */
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
	{ "product-search-requests",	3, 2, DAYS(1),	"out", "messageId" },
	{ "product-search-results",	3, 2, DAYS(1),	"in", "messageId" },
	{ "analysis-requests",		5, 2, DAYS(7),	"out", "productId" },
	{ "realtime-status",		5, 2, HOURS(1),	"in", "productId" },
	{ "analysis-results",		5, 2, DAYS(30),	"in", "productId" },
	{ "watchlist-requests",		3, 2, DAYS(30),	"out", "productId" },
	{ "watchlist-updates",		3, 2, DAYS(7),	"in", "productId" },
	{ "batch-jobs",			2, 2, DAYS(30),	"out", "jobId" },
	{ "batch-job-status",		2, 2, DAYS(7),	"in", "jobId" },
	{ "order-events",		5, 2, DAYS(7),	"out", "orderId" },
	{ "error-notifications",	2, 2, DAYS(7),	"in and out",
	    "productId; of a dead letter: its own key, else its topic" },
	{ .name = NULL }
};

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
describe_cluster(struct arena *mem, struct kafka_view *v, const struct rd_kafka_metadata *m)
{
	int i;

	v->brokers = arena_alloc(mem, (size_t)(m->broker_cnt + 1) * sizeof(*v->brokers));
	v->topics = arena_alloc(mem, (size_t)(m->topic_cnt + 1) * sizeof(*v->topics));
	v->n_brokers = v->n_topics = 0;
	for (i = 0; i < m->broker_cnt; i++)
		v->brokers[v->n_brokers++] = (struct kafka_broker){ m->brokers[i].id,
		    arena_strdup(mem, m->brokers[i].host), m->brokers[i].port };
	for (i = 0; i < m->topic_cnt; i++) {
		const struct rd_kafka_metadata_topic *t = &m->topics[i];

		if (strncmp(t->topic, "__", 2) != 0)
			v->topics[v->n_topics++] = (struct kafka_held){ arena_strdup(mem, t->topic), t->partition_cnt,
			    t->partition_cnt > 0 ? t->partitions[0].replica_cnt : 0 };
	}
}

int
kafka_look(struct arena *mem, struct kafka_view *v)
{
	const struct rd_kafka_metadata *m = NULL;
	struct kafka_client *c = kafka_client_any();
	int rc = c == NULL ? E_DOWN : kafka_call(c, ask_metadata, drop_metadata, &m, sizeof(m));

	if (rc == 0 || rc == E_DOWN)
		kafka_note_up(rc == 0);
	if (rc < 0)
		return rc;
	describe_cluster(mem, v, m);
	rd_kafka_metadata_destroy(m);
	return 0;
}

/* A time that stands for an end of the log (ListOffsets). */
enum { AT_END = -1, AT_BEGIN = -2 };
struct ends { rd_kafka_topic_partition_list_t *begin, *end; };

static int
ask_ends(rd_kafka_t *rk, void *arg)
{
	struct ends *e = arg;

	return rd_kafka_offsets_for_times(rk, e->begin, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR &&
	    rd_kafka_offsets_for_times(rk, e->end, ASK_MS) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : E_DOWN;
}

static void
drop_ends(void *arg)
{
	struct ends *e = arg;

	rd_kafka_topic_partition_list_destroy(e->begin);
	rd_kafka_topic_partition_list_destroy(e->end);
}

static rd_kafka_topic_partition_list_t *
list_times(const struct kafka_extent *v, size_t n, int64_t at)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)n);
	size_t i;

	for (i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, v[i].topic, v[i].partition)->offset = at;
	return list;
}

/* The result for element i: an offset, or -1 for an error or a missing answer. */
static int64_t
answer_of(const rd_kafka_topic_partition_list_t *list, size_t i)
{
	const rd_kafka_topic_partition_t *p = &list->elems[i];

	return p->err == RD_KAFKA_RESP_ERR_NO_ERROR && p->offset >= 0 ? p->offset : -1;
}

int
kafka_extents(struct kafka_extent *v, size_t n)
{
	struct kafka_client *c = kafka_client_any();
	struct ends e;
	size_t i;
	int rc;

	if (c == NULL)
		return E_DOWN;
	e = (struct ends){ list_times(v, n, AT_BEGIN), list_times(v, n, AT_END) };
	rc = kafka_call(c, ask_ends, drop_ends, &e, sizeof(e));
	if (rc == E_TIMEOUT || rc == E_CANCELED)
		return rc;
	for (i = 0; i < n; i++) {
		v[i].begin = rc < 0 ? -1 : answer_of(e.begin, i);
		v[i].end = rc < 0 ? -1 : answer_of(e.end, i);
	}
	drop_ends(&e);
	return rc;
}
