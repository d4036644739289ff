/* kafka.c -- the Kafka link against a mock cluster in this process: order, groups, places, a broker that goes and
 * comes. */
#include "tap.h"

#include <stdatomic.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "link/kafka.h"
#include "link/kafka_mock.h"
#include "run/co.h"
#include "run/loop.h"

static struct kafka_mock *mock;

/* --- what the cluster is asked --- */

static atomic_int n_produce, n_fetch;

static void
on_request(const char *api)
{
	n_produce += strcmp(api, "Produce") == 0;
	n_fetch += strcmp(api, "Fetch") == 0;
}

/* --- producing --- */

static struct { int done, failed, last_rc, order[2000]; } sent;

static void
on_sent(void *arg, int rc)
{
	sent.order[sent.done++] = (int)(intptr_t)arg;
	sent.failed += rc < 0;
	sent.last_rc = rc;
}

static int
send_number(const char *topic, const char *key, int i)
{
	char value[64], id[16];
	int n = snprintf(value, sizeof(value), "{\"n\":%d}", i);
	struct kafka_header h[] = { { "messageId", id }, { "type", "progress" }, { "traceparent", NULL } };

	snprintf(id, sizeof(id), "m%d", i);
	return kafka_send(topic, str_of(key), (struct str){ value, (size_t)n }, h, NELEM(h), on_sent,
	    (void *)(intptr_t)i);
}

static void
wait_sent(int n, int64_t ms)
{
	int64_t end = mono_ms() + ms;

	while (sent.done < n && mono_ms() < end)
		co_sleep(5);
}

static void
test_send(void)
{
	static const char *const keys[] = { "alpha", "beta", "gamma" };
	int i, rc = 0;

	is_int(n_produce, 0, "a new topic is empty");
	memset(&sent, 0, sizeof(sent));
	for (i = 0; i < 300 && rc == 0; i++)
		rc = send_number("realtime-status", keys[i % 3], i);
	is_int(rc, 0, "300 messages are accepted");
	wait_sent(300, 10000);
	is_int(sent.done, 300, "every message is reported");
	is_int(sent.failed, 0, "every message is acknowledged");
	ok(kafka_up(), "the link is up after an acknowledgement");
	ok(n_produce > 0, "the simulated broker saw produce requests");
	is_int(n_fetch, 0, "the simulated broker saw no fetch requests");
	is_int(kafka_produce("realtime-status", STR("alpha"), STR("{\"n\":300}"), NULL, 0), 0,
	    "kafka_produce waits for its acknowledgement");
}

/* --- consuming --- */

static struct { int asked, partitions, fail; int64_t offset; } assigned;

static int
on_assign(struct kafka_place *v, size_t n)
{
	size_t i;

	assigned.asked++;
	if (assigned.fail > 0) {
		assigned.fail--;
		return E_DOWN;
	}
	assigned.partitions = (int)n;
	for (i = 0; i < n; i++)
		v[i].offset = assigned.offset;
	return 0;
}

static const struct kafka_consumer_hooks hooks = { on_assign, NULL };

static struct { int n, out_of_order, bad; int last[3]; } got;

static void
note(const struct kafka_message *m)
{
	int key = str_eq(m->key, STR("alpha")) ? 0 : str_eq(m->key, STR("beta")) ? 1 : 2, n = -1;
	char text[64] = "", id[16];

	if (m->value.n < sizeof(text))
		memcpy(text, m->value.p, m->value.n);
	if (sscanf(text, "{\"n\":%d}", &n) != 1)
		got.bad++;
	snprintf(id, sizeof(id), "m%d", n);
	if (n < 300 && (m->message_id == NULL || strcmp(m->message_id, id) != 0 || m->traceparent != NULL))
		got.bad++;
	got.out_of_order += n <= got.last[key];
	got.last[key] = n;
	got.n++;
}

static int
receive(int n, int64_t ms)
{
	int64_t end = mono_ms() + ms;
	struct kafka_message *m;
	struct kafka_batch *b;
	size_t i, k;
	int rc = 0;

	memset(&got, 0, sizeof(got));
	got.last[0] = got.last[1] = got.last[2] = -1;
	while (got.n < n && mono_ms() < end) {
		if ((rc = kafka_poll(&b, &m, &k, 50, SIZE_MAX, 200)) < 0 && rc != E_DOWN)
			break;
		for (i = 0; rc == 0 && i < k; i++)
			note(&m[i]);
		kafka_batch_free(&b);
	}
	return rc;
}

static void
test_receive(void)
{
	static const char *const topics[] = { "realtime-status" };

	assigned.offset = KAFKA_FROM_START;
	assigned.fail = 1;
	is_int(kafka_consumer_open("unit", topics, 1, &hooks), 0, "a consumer opens");
	receive(301, 20000);
	is_int(got.n, 301, "the consumer gets every message");
	is_int(got.out_of_order, 0, "messages arrive in order by key");
	is_int(got.bad, 0, "a message arrives as it was sent, with its headers");
	ok(assigned.asked >= 2, "a position that could not be read is requested again");
	is_int(assigned.partitions, 5, "all partitions are assigned");
	is_int(kafka_lag(NULL), 0, "no message is left behind");
	kafka_rewind();
	receive(301, 10000);
	is_int(got.n, 301, "after a rewind every message comes again");
	is_int(got.out_of_order, 0, "after a rewind messages are in order");
	receive(1, 300);
	is_int(got.n, 0, "after a rewind no other message comes");
}

static void
test_latency(void)
{
	int64_t began = mono_us(), took;

	send_number("realtime-status", "alpha", 400);
	receive(1, 5000);
	took = mono_us() - began;
	is_int(got.n, 1, "a message is sent and received");
	diag("send to receive: %lld us", (long long)took);
	ok(took < 1000000, "sending and receiving take less than a second");
}

static void
test_group(void)
{
	static const char *const topics[] = { "realtime-status" };
	struct kafka_message *m;
	struct kafka_batch *b;
	int64_t next[5] = { 0 }, end = mono_ms() + 10000;
	size_t i, n, total = 0, first = 0;

	assigned.offset = KAFKA_FROM_START;
	kafka_rewind();
	while (total < 302 && mono_ms() < end && kafka_poll(&b, &m, &n, 500, total == 0 ? 1 : SIZE_MAX, 500) == 0) {
		first = total == 0 ? n : first;
		for (i = 0; i < n; i++)
			next[m[i].partition] = m[i].offset + 1;
		total += n;
		kafka_batch_free(&b);
	}
	is_int(total, 302, "all 302 messages came again");
	is_int((int64_t)first, 1, "a poll takes no more once it has its bytes");
	for (i = 0; i < 5; i++)
		if (next[i] > 0)
			kafka_commit(&(struct kafka_place){ "realtime-status", (int32_t)i, next[i] }, 1);
	kafka_poll(&b, &m, &n, 10, SIZE_MAX, 300);
	kafka_consumer_close(5000);
	assigned.offset = KAFKA_FROM_GROUP;
	is_int(kafka_consumer_open("unit", topics, 1, &hooks), 0, "the next member of the group opens");
	send_number("realtime-status", "beta", 500);
	receive(1, 20000);
	is_int(got.n, 1, "the next member starts where the group had committed");
	is_int(got.last[1], 500, "the next member gets the new message");
}

/* --- a broker that goes and comes --- */

static void
test_outage(void)
{
	int i, tries;

	memset(&sent, 0, sizeof(sent));
	kafka_mock_down(mock);
	for (i = 0; i < 20; i++)
		send_number("analysis-results", "alpha", i);
	wait_sent(20, 10000);
	is_int(sent.done, 20, "without a broker every message is reported failed after the configured time");
	is_int(sent.failed, 20, "undelivered messages are reported as failures");
	is_int(sent.last_rc, E_DOWN, "the failure is E_DOWN");
	ok(!kafka_up(), "the link is down without a broker");
	for (i = 0; i < 20 && sent.order[i] == i; i++)
		;
	is_int(i, 20, "failures are reported in the order of sending");
	kafka_mock_up(mock);
	/* the time given may pass again before it reconnects */
	for (tries = 0; tries == 0 || (sent.failed > 0 && tries < 6); tries++) {
		memset(&sent, 0, sizeof(sent));
		for (i = 0; i < 20; i++)
			send_number("analysis-results", "alpha", i);
		wait_sent(20, 10000);
	}
	is_int(sent.failed, 0, "a message sent again is acknowledged when the broker is back");
	is_int(sent.done, 20, "every message sent again is acknowledged");
}

static void
test_refusals(void)
{
	static char big[2 << 20];
	struct arena mem;
	const char *id;
	struct kafka_view view;
	struct kafka_extent extents[] = { { "watchlist-updates", 0, 7, 7 }, { "realtime-status", 0, 7, 7 },
	    { "realtime-status", 1, 7, 7 },
	    { "realtime-status", 2, 7, 7 }, { "realtime-status", 3, 7, 7 }, { "realtime-status", 4, 7, 7 } };
	int64_t held = 0;
	size_t i;

	arena_init(&mem, 1024);
	memset(big, 'x', sizeof(big));
	is_int(kafka_produce("analysis-results", STR("k"), (struct str){ big, sizeof(big) }, NULL, 0), E_TOO_LARGE,
	    "a message over the limit is refused");
	is_int(kafka_cluster(&mem, &id), 0, "the cluster has an id");
	is_int(kafka_look(&mem, &view), 0, "the cluster's metadata can be read");
	is_int((int)view.n_brokers, 1, "the metadata name the broker");
	for (i = 0; i < view.n_topics && strcmp(view.topics[i].name, "watchlist-updates") != 0; i++)
		;
	ok(i < view.n_topics && view.topics[i].partitions == 3, "the metadata name the topics");
	is_int(kafka_extents(extents, NELEM(extents)), 0, "the extents of partitions can be read");
	is_int((int)extents[0].begin, 0, "the extent begins at the first held offset");
	is_int((int)extents[0].end, 0, "the extent of an empty partition ends where it begins");
	for (i = 1; i < NELEM(extents); i++)
		held += extents[i].end - extents[i].begin;
	ok(held >= 301, "the extents cover everything that was sent");
	co_set_deadline(1);
	co_sleep(5);
	is_int(kafka_produce("analysis-results", STR("k"), STR("v"), NULL, 0), E_TIMEOUT, "a deadline ends the wait");
	co_set_deadline(0);
	arena_fini(&mem);
}

/* What is set is passed on: a setting that librdkafka does not know is refused, TLS and SASL are taken. */
static void
test_settings(void)
{
	const char *props = conf.kafka_props;

	conf.kafka_props = "no.such.setting=1\n";
	is_int(kafka_producer_open(1000), E_DOWN, "an unknown setting is refused");
	conf.kafka_props = props;
	conf.kafka_ssl = conf.kafka_sasl = true;
	conf.kafka_ssl_verify = false;
	conf.kafka_sasl_mechanism = "SCRAM-SHA-256";
	conf.kafka_sasl_username = conf.kafka_sasl_password = "unit";
	is_int(kafka_producer_open(1000), 0, "settings of TLS and SASL are accepted");
	is_int(kafka_produce("analysis-results", STR("k"), STR("v"), NULL, 0), E_DOWN,
	    "a producer with TLS does not reach a broker without it");
	kafka_producer_close(0);
	conf.kafka_ssl = conf.kafka_sasl = false;
}

static void
run(void *arg)
{
	(void)arg;
	test_settings();
	is_int(kafka_producer_open(3000), 0, "a producer opens");
	test_send();
	test_receive();
	test_latency();
	test_group();
	test_refusals();
	test_outage();
	kafka_consumer_close(3000);
	kafka_producer_close(1000);
	is_int(kafka_send("analysis-results", STR("k"), STR("v"), NULL, 0, NULL, NULL), E_DOWN,
	    "a closed producer accepts nothing");
	loop_stop();
}

int
main(void)
{
	log_open("unit", LOG_WARN);
	metric_use(NULL);
	if ((mock = kafka_mock_new(1, on_request)) == NULL)
		skip_all("no mock cluster");
	conf.kafka_brokers = kafka_mock_bootstrap(mock);
	conf.kafka_client_id = "unit";
	conf.kafka_sasl_mechanism = conf.kafka_sasl_username = conf.kafka_sasl_password = "";
	conf.kafka_props = "topic.metadata.refresh.interval.ms=1000\n";
	loop_init();
	co_spawn(run, NULL, 0);
	loop_run();
	loop_fini();
	kafka_mock_free(&mock);
	return done_testing();
}
