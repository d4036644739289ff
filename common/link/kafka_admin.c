/* kafka_admin.c -- creates and describes topics, measures lag, tails a topic. See kafka_admin.h. */
#include "kafka_admin.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "kafka_impl.h"

enum { ANSWER_MS = 10000, LOOK_MS = 100, TOPICS_MAX = 32 };

static rd_kafka_t *
open_handle(const char *group)
{
	rd_kafka_conf_t *c = kafka_conf_new();
	char why[256];
	rd_kafka_t *rk;

	if (c == NULL)
		return NULL;
	rd_kafka_conf_set(c, "log.queue", "false", NULL, 0);
	rd_kafka_conf_set(c, "log_level", "2", NULL, 0);
	if ((group != NULL && !kafka_conf_set(c, "group.id", group)) || !kafka_conf_props(c)) {
		rd_kafka_conf_destroy(c);
		return NULL;
	}
	if ((rk = rd_kafka_new(group != NULL ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, c, why, sizeof(why))) == NULL) {
		log_error("Kafka client refused", JS("reason", why));
		rd_kafka_conf_destroy(c);
	}
	return rk;
}

static int
request_metadata(rd_kafka_t *rk, FILE *out, const struct rd_kafka_metadata **m)
{
	rd_kafka_resp_err_t err = rd_kafka_metadata(rk, 1, NULL, m, ANSWER_MS);

	if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	fprintf(out, "no answer from the brokers: %s\n", rd_kafka_err2str(err));
	return E_DOWN;
}

static const struct rd_kafka_metadata_topic *
find_topic(const struct rd_kafka_metadata *m, const char *name)
{
	int i;

	for (i = 0; i < m->topic_cnt; i++)
		if (strcmp(m->topics[i].topic, name) == 0 && m->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
			return &m->topics[i];
	return NULL;
}

static rd_kafka_NewTopic_t *
new_topic(const struct kafka_topic *t, int brokers)
{
	rd_kafka_NewTopic_t *n;
	char text[32];

	n = rd_kafka_NewTopic_new(t->name, t->partitions, t->replication < brokers ? t->replication : brokers, NULL, 0);
	snprintf(text, sizeof(text), "%lld", (long long)t->retention_ms);
	rd_kafka_NewTopic_set_config(n, "retention.ms", text);
	return n;
}

/* Creates the topics and reports the result of each. */
static int
create_topics(rd_kafka_t *rk, FILE *out, rd_kafka_NewTopic_t **v, size_t n)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_event_t *ev = NULL;
	const rd_kafka_topic_result_t **results;
	size_t i, n_results = 0;
	int rc = 0;

	rd_kafka_CreateTopics(rk, v, n, NULL, queue);
	ev = rd_kafka_queue_poll(queue, ANSWER_MS * 3);
	if (ev == NULL || rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		fprintf(out, "topics cannot be created: %s\n", ev == NULL
		    ? "no answer" : rd_kafka_event_error_string(ev));
		rc = E_DOWN;
	} else {
		results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &n_results);
		for (i = 0; i < n_results; i++) {
			rd_kafka_resp_err_t err = rd_kafka_topic_result_error(results[i]);
			bool fine = err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;

			fprintf(out, "%-26s %s\n", rd_kafka_topic_result_name(results[i]), fine
			    ? "created" : rd_kafka_err2str(err));
			rc = fine ? rc : E_DOWN;
		}
	}
	if (ev != NULL)
		rd_kafka_event_destroy(ev);
	rd_kafka_queue_destroy(queue);
	return rc;
}

/* The brokers know a new topic a moment later. */
static int
wait_known(rd_kafka_t *rk, FILE *out)
{
	const struct rd_kafka_metadata *m;
	const struct kafka_topic *t;
	int tries, rc = 0;

	for (tries = 0; tries < ANSWER_MS / LOOK_MS; tries++) {
		if ((rc = request_metadata(rk, out, &m)) < 0)
			return rc;
		for (t = kafka_topics; t->name != NULL && find_topic(m, t->name) != NULL; t++)
			;
		rd_kafka_metadata_destroy(m);
		if (t->name == NULL)
			return 0;
		usleep(LOOK_MS * 1000);
	}
	fprintf(out, "the brokers do not show %s yet\n", t->name);
	return E_DOWN;
}

int
kafka_admin_init(FILE *out)
{
	const struct rd_kafka_metadata *m = NULL;
	rd_kafka_NewTopic_t *missing[TOPICS_MAX];
	rd_kafka_t *rk = open_handle(NULL);
	const struct kafka_topic *t;
	size_t n = 0;
	int rc;

	if (rk == NULL)
		return E_DOWN;
	if ((rc = request_metadata(rk, out, &m)) == 0) {
		for (t = kafka_topics; t->name != NULL; t++) {
			const struct rd_kafka_metadata_topic *have = find_topic(m, t->name);

			if (have == NULL)
				missing[n++] = new_topic(t, m->broker_cnt);
			else
				fprintf(out, "%-26s is there%s\n", t->name,
				    have->partition_cnt == t->partitions ? "" : ", with another number of partitions");
		}
		rc = n > 0 ? create_topics(rk, out, missing, n) : 0;
		rc = rc < 0 ? rc : wait_known(rk, out);
		rd_kafka_NewTopic_destroy_array(missing, n);
		rd_kafka_metadata_destroy(m);
	}
	rd_kafka_destroy(rk);
	return rc;
}

/* The number of messages in all partitions of a topic; -1 when a broker does not answer. */
static int64_t
count_messages(rd_kafka_t *rk, const struct rd_kafka_metadata_topic *t)
{
	int64_t low, high, total = 0;
	int i;

	for (i = 0; i < t->partition_cnt; i++) {
		if (rd_kafka_query_watermark_offsets(rk, t->topic, t->partitions[i].id, &low, &high, ANSWER_MS) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR)
			return -1;
		total += high - low;
	}
	return total;
}

int
kafka_admin_topics(FILE *out)
{
	const struct rd_kafka_metadata *m = NULL;
	rd_kafka_t *rk = open_handle(NULL);
	int rc, i;

	if (rk == NULL)
		return E_DOWN;
	if ((rc = request_metadata(rk, out, &m)) == 0) {
		for (i = 0; i < m->broker_cnt; i++)
			fprintf(out, "broker %d at %s:%d\n", m->brokers[i].id, m->brokers[i].host, m->brokers[i].port);
		fprintf(out, "%-26s %10s %8s %12s\n", "topic", "partitions", "replicas", "messages");
		for (i = 0; i < m->topic_cnt; i++) {
			const struct rd_kafka_metadata_topic *t = &m->topics[i];

			fprintf(out, "%-26s %10d %8d %12lld\n", t->topic, t->partition_cnt,
			    t->partition_cnt > 0 ? t->partitions[0].replica_cnt : 0, (long long)count_messages(rk, t));
		}
		rd_kafka_metadata_destroy(m);
	}
	rd_kafka_destroy(rk);
	return rc;
}

int
kafka_admin_lag(FILE *out, const char *group)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_new(32);
	const struct rd_kafka_metadata *m = NULL;
	rd_kafka_t *rk = open_handle(group);
	const struct kafka_topic *t;
	int64_t low, high, lag, total = 0;
	int rc, i;

	if (rk == NULL || (rc = request_metadata(rk, out, &m)) < 0)
		goto out;
	for (t = kafka_topics; t->name != NULL; t++)
		if (find_topic(m, t->name) != NULL)
			rd_kafka_topic_partition_list_add_range(v, t->name, 0,
			    find_topic(m, t->name)->partition_cnt - 1);
	rd_kafka_metadata_destroy(m);
	rc = kafka_rc(rd_kafka_committed(rk, v, ANSWER_MS));
	fprintf(out, "%-26s %9s %12s %12s %10s\n", "topic", "partition", "committed", "end", "lag");
	for (i = 0; rc == 0 && i < v->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &v->elems[i];

		if (p->offset < 0)
			continue;	/* the topic is not read by this group */
		rc = kafka_rc(rd_kafka_query_watermark_offsets(rk, p->topic, p->partition, &low, &high, ANSWER_MS));
		if (rc < 0)
			break;
		lag = high - (p->offset > low ? p->offset : low);
		total += lag;
		fprintf(out, "%-26s %9d %12lld %12lld %10lld\n", p->topic, p->partition, (long long)p->offset,
		    (long long)high, (long long)lag);
	}
	if (rc == 0)
		fprintf(out, "%-26s %9s %12s %12s %10lld\n", "total", "", "", "", (long long)total);
out:
	rd_kafka_topic_partition_list_destroy(v);
	if (rk != NULL)
		rd_kafka_destroy(rk);
	return rk == NULL ? E_DOWN : rc;
}

static void
print_message(FILE *out, const rd_kafka_message_t *m)
{
	fprintf(out, "%d:%lld %.*s %.*s\n", m->partition, (long long)m->offset, (int)m->key_len,
	    m->key != NULL ? (const char *)m->key : "", (int)m->len, m->payload != NULL ? (const char *)m->payload
	    : "");
	fflush(out);
}

int
kafka_admin_tail(FILE *out, const char *topic, int last, const volatile bool *stop)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_new(8);
	const struct rd_kafka_metadata *m = NULL;
	const struct rd_kafka_metadata_topic *t = NULL;
	rd_kafka_t *rk = open_handle("dure-tail");
	rd_kafka_message_t *message;
	int rc = E_DOWN, i;

	if (rk != NULL && (rc = request_metadata(rk, out, &m)) == 0) {
		if ((t = find_topic(m, topic)) == NULL) {
			fprintf(out, "no topic %s\n", topic);
			rc = E_NOT_FOUND;
		} else {
			rd_kafka_topic_partition_list_add_range(v, topic, 0, t->partition_cnt - 1);
			for (i = 0; i < v->cnt; i++)
				v->elems[i].offset = RD_KAFKA_OFFSET_TAIL(last);
			rd_kafka_assign(rk, v);
		}
		rd_kafka_metadata_destroy(m);
	}
	while (rc == 0 && !*stop) {
		if ((message = rd_kafka_consumer_poll(rk, 200)) == NULL)
			continue;
		if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			print_message(out, message);
		rd_kafka_message_destroy(message);
	}
	rd_kafka_topic_partition_list_destroy(v);
	if (rk != NULL)
		rd_kafka_destroy(rk);
	return rc;
}
