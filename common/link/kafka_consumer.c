/* kafka_consumer.c -- receives messages and follows the group's assignment of partitions. See kafka.h.
 *
 * Everything happens in the coroutine that polls. It takes messages out of librdkafka's queue until it meets a
 * rebalance, and handles that only when the messages before it were returned and the next ones are requested.
 */
#include "kafka_doze.h"
#include "kafka_impl.h"

#include <stdlib.h>

#include "base/err.h"
#include "run/co.h"

/* the queue is polled this often even without a wake-up: the group takes it as a sign of life */
enum { LOOK_MS = 1000 };

struct kafka_batch {
	size_t			 n;
	rd_kafka_event_t	**events;	/* each message holds its memory */
	struct kafka_message	*messages;
};

static struct {
	struct kafka_client *client;
	const struct kafka_consumer_hooks *hooks;
	rd_kafka_event_t *rebalance;		/* taken from the queue, not handled yet */
	rd_kafka_topic_partition_list_t *wanted;	/* to be assigned when on_assign has returned their offsets */
	rd_kafka_topic_partition_list_t *assigned;
	struct co_gate	 arrived;
	bool		 maybe;			/* the queue may have messages */
	bool		 rewind;		/* call on_assign again for the assigned partitions */
	bool		 broken;
} consumer;

static void
on_events(struct kafka_client *c)
{
	(void)c;
	consumer.maybe = true;
	co_gate_wake_all(&consumer.arrived);
}

static void
log_failed(const char *what, rd_kafka_error_t *error)
{
	if (error != NULL) {
		log_warn(what, JS("reason", rd_kafka_error_string(error)));
		rd_kafka_error_destroy(error);
	}
}

static void
add_all(rd_kafka_topic_partition_list_t *to, const rd_kafka_topic_partition_list_t *from)
{
	int i;

	for (i = 0; i < from->cnt; i++)
		if (rd_kafka_topic_partition_list_find(to, from->elems[i].topic, from->elems[i].partition) == NULL)
			rd_kafka_topic_partition_list_add(to, from->elems[i].topic, from->elems[i].partition)->offset =
			    from->elems[i].offset;
}

static void
remove_all(rd_kafka_topic_partition_list_t *to, const rd_kafka_topic_partition_list_t *from)
{
	int i;

	for (i = 0; i < from->cnt; i++)
		rd_kafka_topic_partition_list_del(to, from->elems[i].topic, from->elems[i].partition);
}

/* Whether partitions are assigned one by one, or all together (the older protocol). */
static bool
is_cooperative(void)
{
	const char *protocol = rd_kafka_rebalance_protocol(consumer.client->rk);

	return protocol != NULL && strcmp(protocol, "COOPERATIVE") == 0;
}

static void
start_partitions(rd_kafka_topic_partition_list_t *v)
{
	add_all(consumer.assigned, v);
	kafka_doze_begin(consumer.client->rk, consumer.assigned, v);
	if (is_cooperative())
		log_failed("Kafka refused the assignment", rd_kafka_incremental_assign(consumer.client->rk, v));
	else
		rd_kafka_assign(consumer.client->rk, v);
}

static void
stop_partitions(const rd_kafka_topic_partition_list_t *v)
{
	if (is_cooperative())
		log_failed("Kafka refused to revoke", rd_kafka_incremental_unassign(consumer.client->rk, v));
	else
		rd_kafka_assign(consumer.client->rk, NULL);
	remove_all(consumer.assigned, v);
}

static struct kafka_place *
places_of(const rd_kafka_topic_partition_list_t *v)
{
	struct kafka_place *places = calloc((size_t)v->cnt + 1, sizeof(*places));
	int i;

	if (places == NULL)
		bug("out of memory");
	for (i = 0; i < v->cnt; i++)
		places[i] = (struct kafka_place){ v->elems[i].topic, v->elems[i].partition, KAFKA_FROM_GROUP };
	return places;
}

/* Sets the offsets at which these partitions start. Yields. */
static int
ask_places(rd_kafka_topic_partition_list_t *v)
{
	struct kafka_place *places = places_of(v);
	int i, rc = 0;

	if (consumer.hooks->on_assign != NULL && v->cnt > 0)
		rc = consumer.hooks->on_assign(places, (size_t)v->cnt);
	for (i = 0; rc == 0 && i < v->cnt; i++)
		v->elems[i].offset = places[i].offset >= 0 ? places[i].offset :
		    places[i].offset == KAFKA_FROM_START ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_STORED;
	free(places);
	return rc;
}

static int
assign_wanted(void)
{
	int rc;

	if ((rc = ask_places(consumer.wanted)) < 0)
		return rc;
	start_partitions(consumer.wanted);
	rd_kafka_topic_partition_list_destroy(consumer.wanted);
	consumer.wanted = NULL;
	return 0;
}

/* Seeks to the offsets of on_assign; librdkafka drops what it had fetched beyond them. Yields. */
static int
seek_assigned(void)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_copy(consumer.assigned);
	int rc = ask_places(v);

	if (rc == 0) {
		consumer.rewind = false;
		kafka_doze_stir();
		log_failed("Kafka cannot seek", rd_kafka_seek_partitions(consumer.client->rk, v, 0));
		consumer.maybe = true;
	}
	rd_kafka_topic_partition_list_destroy(v);
	return rc;
}

static void
revoke_partitions(const rd_kafka_topic_partition_list_t *v)
{
	struct kafka_place *places = places_of(v);

	if (consumer.hooks->on_revoke != NULL && v->cnt > 0)
		consumer.hooks->on_revoke(places, (size_t)v->cnt);
	free(places);
	stop_partitions(v);
}

/* Handles a rebalance. Yields. */
static int
handle_rebalance(void)
{
	rd_kafka_event_t *ev = consumer.rebalance;
	rd_kafka_topic_partition_list_t *v = rd_kafka_event_topic_partition_list(ev);

	consumer.rebalance = NULL;
	if (rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		log_info("Kafka partitions assigned", JI("count", v->cnt));
		consumer.wanted = rd_kafka_topic_partition_list_copy(v);
	} else {
		log_info("Kafka partitions revoked", JI("count", v->cnt));
		revoke_partitions(v);
	}
	rd_kafka_event_destroy(ev);
	return 0;
}

static const char *
header_of(const rd_kafka_headers_t *headers, const char *name)
{
	const void *value;
	size_t n;

	/* librdkafka puts a NUL behind each value; a NUL inside it would end the text early. */
	if (headers == NULL || rd_kafka_header_get_last(headers, name, &value, &n) != RD_KAFKA_RESP_ERR_NO_ERROR ||
	    value == NULL || memchr(value, '\0', n) != NULL || !utf8_valid(value, n))
		return NULL;
	return value;
}

static void
describe_message(struct kafka_message *out, const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers = NULL;

	rd_kafka_message_headers(m, &headers);
	*out = (struct kafka_message){
		.topic = rd_kafka_topic_name(m->rkt), .partition = m->partition, .offset = m->offset,
		.key = { m->key, m->key_len }, .value = { m->payload == NULL ? "" : m->payload, m->len },
		.message_id = header_of(headers, "messageId"), .type = header_of(headers, "type"),
		.traceparent = header_of(headers, "traceparent"), .timestamp_ms = rd_kafka_message_timestamp(m, NULL),
	};
}

/* Takes queued messages into the batch, up to the next rebalance. Does not yield. */
static void
take_messages(struct kafka_batch *b, size_t max, size_t max_bytes)
{
	const rd_kafka_message_t *m;
	rd_kafka_event_t *ev;
	size_t bytes = 0;

	while (b->n < max && bytes < max_bytes && consumer.rebalance == NULL) {
		if ((ev = rd_kafka_queue_poll(consumer.client->queue, 0)) == NULL) {
			consumer.maybe = false;
			return;
		}
		switch (rd_kafka_event_type(ev)) {
		case RD_KAFKA_EVENT_REBALANCE:
			consumer.rebalance = ev;
			continue;
		case RD_KAFKA_EVENT_FETCH:
			if ((m = rd_kafka_event_message_next(ev)) == NULL || m->err != RD_KAFKA_RESP_ERR_NO_ERROR)
				break;
			kafka_note_up(true);
			describe_message(&b->messages[b->n], m);
			bytes += m->key_len + m->len;
			b->events[b->n++] = ev;
			continue;
		case RD_KAFKA_EVENT_OFFSET_COMMIT:
			if (rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR_NO_ERROR &&
			    rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR__NO_OFFSET)
				log_warn("Kafka did not take the commit",
				    JS("reason", rd_kafka_event_error_string(ev)));
			break;
		default:
			if (kafka_client_event(consumer.client, ev))
				consumer.broken = true;
		}
		rd_kafka_event_destroy(ev);
	}
}

static struct kafka_batch *
make_batch(size_t max)
{
	struct kafka_batch *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->events = calloc(max, sizeof(*b->events))) == NULL ||
	    (b->messages = calloc(max, sizeof(*b->messages))) == NULL)
		bug("out of memory");
	return b;
}

void
kafka_batch_free(struct kafka_batch **bp)
{
	struct kafka_batch *b = *bp;
	size_t i;

	if (b == NULL)
		return;
	*bp = NULL;
	for (i = 0; i < b->n; i++)
		rd_kafka_event_destroy(b->events[i]);
	free(b->events);
	free(b->messages);
	free(b);
}

/* Waits for a message, or for a reason to return without one. */
static int
await_messages(struct kafka_batch *b, size_t max, size_t max_bytes, int64_t wait_ms)
{
	int64_t end = mono_ms() + wait_ms, left, turn;
	int rc;

	for (;;) {
		if (consumer.client == NULL || consumer.broken)
			return E_DOWN;
		if ((consumer.rebalance != NULL && (rc = handle_rebalance()) < 0) ||
		    (consumer.wanted != NULL && (rc = assign_wanted()) < 0) ||
		    (consumer.rewind && (rc = seek_assigned()) < 0))
			return rc;
		take_messages(b, max, max_bytes);
		if (b->n > 0) {
			kafka_doze_stir();
			return 0;
		}
		if (consumer.rebalance != NULL || consumer.maybe)
			continue;
		if ((left = end - mono_ms()) <= 0)
			return 0;
		left = left < LOOK_MS ? left : LOOK_MS;
		turn = kafka_doze_turn();
		rc = co_gate_wait(&consumer.arrived, left < turn ? left : turn);
		if (rc == E_CANCELED || (rc == E_TIMEOUT && co_time_left() <= 0))
			return rc;
	}
}

int
kafka_poll(struct kafka_batch **bp, struct kafka_message **m, size_t *n, size_t max, size_t max_bytes, int64_t wait_ms)
{
	struct kafka_batch *b = make_batch(max);
	int rc;

	*n = 0;
	*bp = NULL;
	if ((rc = await_messages(b, max, max_bytes, wait_ms)) < 0 || b->n == 0) {
		kafka_batch_free(&b);
		return rc;
	}
	*bp = b;
	*m = b->messages;
	*n = b->n;
	return 0;
}

/* Every partition of the topics, as the embedded broker has them. */
static rd_kafka_topic_partition_list_t *
all_partitions(const char *const *topics, size_t n)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_new(16);
	const struct kafka_topic *t;
	size_t i;

	for (i = 0; i < n; i++)
		for (t = kafka_topics; t->name != NULL; t++)
			if (strcmp(t->name, topics[i]) == 0)
				rd_kafka_topic_partition_list_add_range(v, t->name, 0, t->partitions - 1);
	return v;
}

static int
subscribe_topics(const char *const *topics, size_t n)
{
	rd_kafka_topic_partition_list_t *v = rd_kafka_topic_partition_list_new((int)n);
	rd_kafka_resp_err_t err;
	size_t i;

	for (i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(v, topics[i], RD_KAFKA_PARTITION_UA);
	err = rd_kafka_subscribe(consumer.client->rk, v);
	rd_kafka_topic_partition_list_destroy(v);
	if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
		log_error("Kafka refused the subscription", JS("reason", rd_kafka_err2str(err)));
	return err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : E_DOWN;
}

int
kafka_consumer_open(const char *group, const char *const *topics, size_t n, const struct kafka_consumer_hooks *hooks)
{
	static const struct kafka_consumer_hooks none;
	int rc = 0;

	if (consumer.broken)
		kafka_consumer_close(0);
	if (consumer.client != NULL)
		return 0;
	if ((consumer.client = kafka_client_open(group, on_events)) == NULL)
		return E_DOWN;
	consumer.hooks = hooks != NULL ? hooks : &none;
	consumer.assigned = rd_kafka_topic_partition_list_new(16);
	consumer.rewind = false;
	consumer.maybe = true;
	if (kafka_embedded())
		consumer.wanted = all_partitions(topics, n);
	else
		rc = subscribe_topics(topics, n);
	if (rc < 0)
		kafka_consumer_close(0);
	return rc;
}

/* Serves the queue while the consumer leaves the group, which may still revoke partitions. Yields. */
static void
leave_group(int64_t limit_ms)
{
	struct kafka_batch *b = make_batch(64);
	int64_t end = mono_ms() + limit_ms;

	log_failed("Kafka consumer does not close", rd_kafka_consumer_close_queue(consumer.client->rk,
	    consumer.client->queue));
	while (!rd_kafka_consumer_closed(consumer.client->rk) && mono_ms() < end) {
		take_messages(b, 64, SIZE_MAX);
		if (b->n > 0) {		/* too late: the next owner reads it again */
			kafka_batch_free(&b);
			b = make_batch(64);
		}
		if (consumer.rebalance != NULL)
			handle_rebalance();
		else if (co_sleep(10) < 0)
			break;
	}
	kafka_batch_free(&b);
}

void
kafka_consumer_close(int64_t limit_ms)
{
	if (consumer.client == NULL)
		return;
	if (limit_ms > 0 && !consumer.broken && !kafka_embedded())
		leave_group(limit_ms);
	kafka_doze_end();
	if (consumer.rebalance != NULL)
		rd_kafka_event_destroy(consumer.rebalance);
	if (consumer.wanted != NULL)
		rd_kafka_topic_partition_list_destroy(consumer.wanted);
	rd_kafka_topic_partition_list_destroy(consumer.assigned);
	consumer.rebalance = NULL;
	consumer.wanted = consumer.assigned = NULL;
	consumer.broken = false;
	kafka_client_close(&consumer.client);
	co_gate_wake_all(&consumer.arrived);
}

void
kafka_rewind(void)
{
	consumer.rewind = true;
}

void
kafka_commit(const struct kafka_place *v, size_t n)
{
	rd_kafka_topic_partition_list_t *list;
	size_t i;

	if (consumer.client == NULL)
		return;
	list = rd_kafka_topic_partition_list_new((int)n);
	for (i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, v[i].topic, v[i].partition)->offset = v[i].offset;
	rd_kafka_commit(consumer.client->rk, list, 1);
	rd_kafka_topic_partition_list_destroy(list);
}

int64_t
kafka_lag(void (*each)(const char *topic, int32_t partition, int64_t lag))
{
	rd_kafka_topic_partition_list_t *v;
	int64_t sum = 0, low, high, lag;
	int i;

	if (consumer.client == NULL)
		return 0;
	v = rd_kafka_topic_partition_list_copy(consumer.assigned);
	rd_kafka_position(consumer.client->rk, v);
	for (i = 0; i < v->cnt; i++) {
		const char *topic = v->elems[i].topic;
		int32_t partition = v->elems[i].partition;
		int64_t at = v->elems[i].offset >= 0 ? v->elems[i].offset : consumer.assigned->elems[i].offset;

		if (rd_kafka_get_watermark_offsets(consumer.client->rk, topic, partition, &low, &high) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR || high <= 0)
			continue;
		lag = high - (at > low ? at : low);
		sum += lag;
		if (each != NULL)
			each(topic, partition, lag);
	}
	rd_kafka_topic_partition_list_destroy(v);
	return sum;
}
