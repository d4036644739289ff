/* kafka_producer.c -- sends messages: idempotent, acknowledged by all replicas, in order. See kafka.h.
 *
 * A message never expires in librdkafka. When nothing is acknowledged for the given time, or librdkafka reports a
 * fatal error, every message under way fails at once and a new producer takes over.
 */
#include "kafka_impl.h"

#include <stdlib.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/metric.h"
#include "run/co.h"

enum { CHECK_MS = 200 };

struct sent {			/* a message under way */
	struct sent	*prev, *next;
	void		(*on_done)(void *arg, int rc);
	void		*arg;
};

static struct {
	struct kafka_client *client;
	struct sent	 list;		/* head of a ring, oldest first */
	struct co_gate	 idle;		/* callers that wait for an empty list */
	struct loop_timer timer;		/* runs while a message is under way or there is no client */
	int64_t		 give_up_ms, news_ms;	/* when the last message was acknowledged, or the first was sent */
} producer;

static void
finish_message(struct sent *s, int rc)
{
	s->prev->next = s->next;
	s->next->prev = s->prev;
	if (s->on_done != NULL)
		s->on_done(s->arg, rc);
	free(s);
	if (producer.list.next == &producer.list)
		co_gate_wake_all(&producer.idle);
}

static void
on_deliveries(rd_kafka_event_t *ev)
{
	const rd_kafka_message_t *m;

	while ((m = rd_kafka_event_message_next(ev)) != NULL) {
		int rc = kafka_rc(m->err);

		if (rc == 0) {
			metric_add(M_KAFKA_PRODUCED, 0, 1);
			producer.news_ms = mono_ms();
			kafka_note_up(true);
		}
		finish_message(m->_private, rc);
	}
}

static void
keep_checking(void)
{
	if (!loop_timer_active(&producer.timer))
		loop_timer_start(&producer.timer, CHECK_MS, CHECK_MS);
}

/* Fails every message under way; the callbacks may send again, to the new producer. */
static void restart_producer(void);

static void
on_reports(struct kafka_client *c)
{
	rd_kafka_event_t *ev;
	bool broken = false;

	while (!broken && (ev = rd_kafka_queue_poll(c->queue, 0)) != NULL) {
		if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_DR)
			on_deliveries(ev);
		else
			broken = kafka_client_event(c, ev);
		rd_kafka_event_destroy(ev);
	}
	if (broken)
		restart_producer();
}

static void
restart_producer(void)
{
	struct sent old = producer.list;

	log_warn("Kafka producer is reopened");
	kafka_client_close(&producer.client);
	producer.client = kafka_client_open(NULL, on_reports);
	producer.news_ms = mono_ms();
	keep_checking();
	if (old.next == &producer.list)
		return;
	producer.list.prev = producer.list.next = &producer.list;
	old.next->prev = old.prev->next = &old;
	while (old.next != &old)
		finish_message(old.next, E_DOWN);
}

void
kafka_producer_give_up(void)
{
	if (producer.client != NULL && producer.list.next != &producer.list)
		restart_producer();
}

static void
on_check(struct loop_timer *t)
{
	if (producer.client == NULL)
		producer.client = kafka_client_open(NULL, on_reports);
	else if (producer.list.next == &producer.list)
		loop_timer_stop(t);
	else if (mono_ms() - producer.news_ms >= producer.give_up_ms) {
		kafka_note_up(false);
		restart_producer();
	}
}

int
kafka_producer_open(int64_t give_up_ms)
{
	if (producer.client != NULL)
		return 0;
	if ((producer.client = kafka_client_open(NULL, on_reports)) == NULL)
		return E_DOWN;
	producer.list.prev = producer.list.next = &producer.list;
	producer.give_up_ms = give_up_ms;
	loop_timer_init(&producer.timer, on_check, NULL);
	return 0;
}

void
kafka_producer_close(int64_t flush_ms)
{
	int64_t end = mono_ms() + flush_ms;

	if (producer.client == NULL)
		return;
	while (producer.list.next != &producer.list && mono_ms() < end)
		if (co_gate_wait(&producer.idle, end - mono_ms()) == E_CANCELED)
			break;
	loop_timer_stop(&producer.timer);
	kafka_client_close(&producer.client);
	while (producer.list.next != &producer.list)
		finish_message(producer.list.next, E_DOWN);
}

static rd_kafka_headers_t *
make_headers(const struct kafka_header *h, size_t n)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(n);
	size_t i;

	for (i = 0; i < n; i++)
		if (h[i].value != NULL)
			rd_kafka_header_add(headers, h[i].name, -1, h[i].value, -1);
	return headers;
}

int
kafka_send(const char *topic, struct str key, struct str value, const struct kafka_header *h, size_t n_headers,
    void (*on_done)(void *arg, int rc), void *arg)
{
	rd_kafka_headers_t *headers;
	rd_kafka_error_t *error;
	struct sent *s;
	int rc;

	if (producer.client == NULL)
		return E_DOWN;
	if ((s = malloc(sizeof(*s))) == NULL)
		bug("out of memory");
	headers = make_headers(h, n_headers);
	rd_kafka_vu_t v[] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic },
		{ .vtype = RD_KAFKA_VTYPE_KEY, .u.mem = { (void *)(uintptr_t)key.p, key.n } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { (void *)(uintptr_t)value.p, value.n } },
		{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = s },
	};
	if ((error = rd_kafka_produceva(producer.client->rk, v, NELEM(v))) != NULL) {
		rc = kafka_rc(rd_kafka_error_code(error));
		rd_kafka_error_destroy(error);
		rd_kafka_headers_destroy(headers);
		free(s);
		return rc;
	}
	if (producer.list.next == &producer.list)
		producer.news_ms = mono_ms();
	keep_checking();
	*s = (struct sent){ .prev = producer.list.prev, .next = &producer.list, .on_done = on_done, .arg = arg };
	s->prev->next = s->next->prev = s;
	return 0;
}

struct wait {
	struct co	*co;	/* NULL: cancelled */
	bool		 done;
	int		 rc;
};

static void
on_produced(void *arg, int rc)
{
	struct wait *w = arg;

	if (w->co == NULL) {
		free(w);
		return;
	}
	w->done = true;
	w->rc = rc;
	co_wake(w->co);
}

int
kafka_produce(const char *topic, struct str key, struct str value, const struct kafka_header *h, size_t n_headers)
{
	struct wait *w = calloc(1, sizeof(*w));
	int rc;

	if (w == NULL)
		bug("out of memory");
	w->co = co_self();
	while ((rc = kafka_send(topic, key, value, h, n_headers, on_produced, w)) == E_BUSY && (rc = co_sleep(5)) == 0)
		;
	if (rc < 0) {
		free(w);
		return rc;
	}
	while (!w->done) {
		if ((rc = co_park(-1)) < 0 && !w->done) {
			w->co = NULL;	/* freed by on_produced */
			return rc;
		}
	}
	rc = w->rc;
	free(w);
	return rc;
}
