/* drain_trace.c -- see drain_trace.h. */
#include "drain_trace.h"

#include <stdio.h>

#include "base/err.h"
#include "base/trace_ring.h"

struct drain_trace {
	const struct outbox_row	*row;
	struct trace		 waited, sent;
	int64_t			 sent_us;
};

static void
record_wait(const struct drain_trace *t)
{
	int64_t waited_ms = now_ms() - t->row->created_ms;
	const struct trace_span span = { .trace = &t->waited, .kind = TRACE_INTERNAL, .step = TRACE_OUTBOX,
	    .name = "wait in kafka_outbox", .end_us = t->sent_us,
	    .start_us = t->sent_us - (waited_ms > 0 ? waited_ms * 1000 : 0) };

	trace_record(&span, JS("db.collection.name", "kafka_outbox"), JI("dure.outbox.id", t->row->id),
	    JS("messaging.destination.name", t->row->m.topic));
}

const char *
drain_trace_begin(struct arena *mem, const struct outbox_row *o, struct drain_trace **out)
{
	struct drain_trace *t;
	struct trace waited;

	*out = NULL;
	if (!trace_join(&waited, o->m.traceparent))
		return o->m.traceparent;
	t = *out = arena_alloc(mem, sizeof(*t));
	t->row = o;
	t->waited = waited;
	trace_child(&t->sent, &t->waited);
	t->sent_us = mono_us();
	record_wait(t);
	return t->sent.text;
}

void
drain_trace_sent(const struct drain_trace *t, int rc)
{
	const struct outbox_message *m = &t->row->m;
	char name[96];
	const struct trace_span span = { .trace = &t->sent, .kind = TRACE_PRODUCER, .step = TRACE_KAFKA, .name = name,
	    .start_us = t->sent_us, .end_us = mono_us(), .error = rc < 0 ? err_row(rc)->code : NULL };

	snprintf(name, sizeof(name), "send %s", m->topic);
	trace_record(&span, JS("messaging.system", "kafka"), JS("messaging.operation.name", "send"),
	    JS("messaging.operation.type", "send"), JS("messaging.destination.name", m->topic),
	    JS("messaging.message.id", m->message_id), JS("messaging.kafka.message.key", m->key),
	    JI("messaging.message.body.size", (int64_t)m->payload.n),
	    JIF(span.error != NULL, JS("error.type", span.error)));
}
