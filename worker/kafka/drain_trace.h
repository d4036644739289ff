/* drain_trace.h -- the spans of an outbox row: its wait for the bridge, and its way to Kafka. Nothing here yields. */
#ifndef KAFKA_DRAIN_TRACE_H
#define KAFKA_DRAIN_TRACE_H

#include "base/arena.h"
#include "worker/domain/core/outbox.h"

struct drain_trace;
/* The row, which must outlive drain_trace_sent, is about to be sent: returns the traceparent for its message. *t, in
 * `mem`, is NULL where its trace is not recorded. */
const char *drain_trace_begin(struct arena *mem, const struct outbox_row *o, struct drain_trace **t);
/* Kafka has acknowledged the message (0) or not (why). */
void	 drain_trace_sent(const struct drain_trace *t, int rc);

#endif
