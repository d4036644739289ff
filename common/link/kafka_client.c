/* kafka_client.c -- one librdkafka handle in the loop: opened, woken through an eventfd, closed. See kafka_impl.h. */
#include "kafka_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"

static struct kafka_client *clients[2];		/* the producer and the consumer of this process */
enum { REPEAT_MS = 60000 };	/* the same fault is logged again after this time */

static bool up;
static char why[512];		/* the last fault since the brokers last answered */
static rd_kafka_resp_err_t trouble;
static int64_t logged_ms;

bool
kafka_up(void)
{
	return up;
}

void
kafka_note_up(bool is_up)
{
	up = is_up;
	if (up) {
		why[0] = '\0';
		trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
	}
}

const char *
kafka_why_down(void)
{
	return up || why[0] == '\0' ? NULL : why;
}

struct kafka_client *
kafka_client_any(void)
{
	return clients[0] != NULL ? clients[0] : clients[1];
}

static void
on_event_fd(struct loop_io *io, int events)
{
	struct kafka_client *c = io->arg;
	uint64_t n;

	(void)events;
	if (read(c->event_fd, &n, sizeof(n)) > 0 && c->on_ready != NULL)
		c->on_ready(c);
}

static bool
set_producer(rd_kafka_conf_t *c)
{
	rd_kafka_conf_set_events(c, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	/* A message never expires by itself, as the next message of its key would overtake it: kafka_producer.c
	 * fails all messages at once. */
	return kafka_conf_set(c, "enable.idempotence", "true") && kafka_conf_set(c, "acks", "all") &&
	    kafka_conf_set(c, "message.timeout.ms", "0") && kafka_conf_set(c, "linger.ms", "1");
}

static bool
set_consumer(rd_kafka_conf_t *c, const char *group)
{
	const char *const settings[][2] = {
		{ "enable.auto.commit", "false" },
		{ "enable.auto.offset.store", "false" },
		{ "auto.offset.reset", "earliest" },
		{ "partition.assignment.strategy", "cooperative-sticky" },
		{ "session.timeout.ms", "6000" },	/* how long a killed process keeps its partitions */
		{ "heartbeat.interval.ms", "1500" },
		/* A real broker answers as soon as there is data; the embedded one only when the time is over. */
		{ "fetch.wait.max.ms", kafka_embedded() ? "2" : "100" },
		{ "fetch.error.backoff.ms", "50" },
		/* Fetched ahead. librdkafka before 2.2 looks only once a second whether a full queue has room again, so
		 * it must hold what is applied in a second. */
		{ "queued.min.messages", "100000" },
		{ "queued.max.messages.kbytes", "32768" },
	};
	size_t i;

	rd_kafka_conf_set_events(c, RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_OFFSET_COMMIT |
	    RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	if (!kafka_conf_set(c, "group.id", group))
		return false;
	for (i = 0; i < NELEM(settings); i++)
		if (!kafka_conf_set(c, settings[i][0], settings[i][1]))
			return false;
	return true;
}

static rd_kafka_t *
make_handle(const char *group)
{
	rd_kafka_conf_t *c;
	char refusal[256];
	rd_kafka_t *rk;

	if ((c = kafka_conf_new()) == NULL)
		return NULL;
	if (!(group == NULL ? set_producer(c) : set_consumer(c, group)) || !kafka_conf_props(c)) {
		rd_kafka_conf_destroy(c);
		return NULL;
	}
	rk = rd_kafka_new(group == NULL ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, c, refusal, sizeof(refusal));
	if (rk == NULL) {
		log_error("Kafka client refused", JS("reason", refusal));
		rd_kafka_conf_destroy(c);
	}
	return rk;
}

struct kafka_client *
kafka_client_open(const char *group, void (*on_ready)(struct kafka_client *c))
{
	static const uint64_t one = 1;
	struct kafka_client *c;
	struct arena mem;
	rd_kafka_t *rk;
	bool nowhere;

	arena_init(&mem, 1024);
	nowhere = *kafka_brokers(&mem) == '\0';
	arena_fini(&mem);
	if (nowhere || (rk = make_handle(group)) == NULL)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		bug("out of memory");
	c->rk = rk;
	c->on_ready = on_ready;
	if (group != NULL)
		rd_kafka_poll_set_consumer(rk);
	c->queue = group != NULL ? rd_kafka_queue_get_consumer(rk) : rd_kafka_queue_get_main(rk);
	rd_kafka_set_log_queue(rk, c->queue);
	if ((c->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
		bug("no eventfd");
	loop_io_init(&c->io, c->event_fd, on_event_fd, c);
	loop_io_watch(&c->io, LOOP_READ);
	rd_kafka_queue_io_event_enable(c->queue, c->event_fd, &one, sizeof(one));
	clients[group != NULL] = c;
	return c;
}

static void
destroy_client(struct kafka_client *c)
{
	kafka_destroy_later(c->rk, c->queue);
	free(c);
}

void
kafka_client_close(struct kafka_client **cp)
{
	struct kafka_client *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	if (c->on_ready != NULL) {
		c->on_ready = NULL;
		clients[clients[1] == c] = NULL;
		rd_kafka_queue_io_event_enable(c->queue, -1, NULL, 0);
		loop_io_watch(&c->io, 0);
		close(c->event_fd);
	}
	if (c->calls > 0)
		c->on_idle = destroy_client;
	else
		destroy_client(c);
}

static void
log_line(rd_kafka_event_t *ev)
{
	const char *facility = "", *text = "";
	int level = 6;

	if (rd_kafka_event_log(ev, &facility, &text, &level) != 0)
		return;
	if (level <= 4)
		log_warn("librdkafka", JS("facility", facility), JS("text", text));
	else
		log_debug("librdkafka", JS("facility", facility), JS("text", text));
}

/* Keeps the most specific fault: that all brokers are down says less than why one of them is. The reason names a
 * broker and never a secret. */
static void
note_trouble(rd_kafka_resp_err_t err, const char *reason)
{
	bool vague = err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, news = err != trouble ||
	    mono_ms() - logged_ms >= REPEAT_MS;

	if (vague)
		kafka_note_up(false);
	if (why[0] != '\0' && kafka_telling(err) < kafka_telling(trouble))
		return;
	snprintf(why, sizeof(why), "%s", reason);
	/* librdkafka logs a lost connection itself. */
	if (news && !vague && err != RD_KAFKA_RESP_ERR__TRANSPORT) {
		log_warn("Kafka", JS("error", rd_kafka_err2name(err)), JS("reason", reason));
		logged_ms = mono_ms();
	}
	trouble = err;
}

bool
kafka_client_event(struct kafka_client *c, rd_kafka_event_t *ev)
{
	switch (rd_kafka_event_type(ev)) {
	case RD_KAFKA_EVENT_LOG:
		log_line(ev);
		return false;
	case RD_KAFKA_EVENT_ERROR:
		if (rd_kafka_event_error_is_fatal(ev)) {
			char reason[256] = "";

			rd_kafka_fatal_error(c->rk, reason, sizeof(reason));
			log_error("Kafka client broken", JS("reason", reason));
			return true;
		}
		note_trouble(rd_kafka_event_error(ev), rd_kafka_event_error_string(ev));
		return false;
	default:
		return false;
	}
}
