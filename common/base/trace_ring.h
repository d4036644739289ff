/* trace_ring.h -- finished spans of this process, in a ring until their readers have taken them.
 *
 * A reader that is behind loses the oldest, which are counted (trace_dropped_total); a recorded request never waits.
 * Texts are cut to the record's room.
 */
#ifndef BASE_TRACE_RING_H
#define BASE_TRACE_RING_H

#include "json.h"
#include "trace.h"

enum { TRACE_FIELDS_MAX = 14, TRACE_TEXT_BYTES = 640 };

enum trace_kind { TRACE_INTERNAL = 1, TRACE_SERVER, TRACE_CLIENT, TRACE_PRODUCER, TRACE_CONSUMER };	/* as in OTLP */
/* The part of Dure that a span is of. */
enum trace_step { TRACE_HTTP, TRACE_SQL, TRACE_OUTBOX, TRACE_KAFKA, TRACE_EFFECT, TRACE_PUBLISH, TRACE_FANOUT,
    TRACE_ANALYSIS, TRACE_STEPS };
const char *trace_step_name(enum trace_step step);

/* A span that has ended. */
struct trace_span {
	const struct trace	*trace;
	enum trace_kind		 kind;
	enum trace_step		 step;
	const char		*name;			/* with few different values: "GET /api/x/{id}" */
	int64_t			 start_us, end_us;	/* mono_us */
	const char		*error;			/* NULL: none */
	const char		*request;		/* the id of the request that it is; NULL: of none */
};
/* Record it, with attributes named by OpenTelemetry's semantic conventions: trace_record(&span, JS("db.system.name",
 * "postgresql")). Everything is copied but the attributes' names. Does not yield. */
#define trace_record(span, ...)	trace_record_n(span, LOG_FIELDS(__VA_ARGS__))
void	 trace_record_n(const struct trace_span *span, const struct json_field *f, size_t n);

/* A span in the ring. */
struct trace_record {
	uint8_t			 id[TRACE_ID_BYTES], span[TRACE_SPAN_BYTES], parent[TRACE_SPAN_BYTES];
	enum trace_kind		 kind;
	enum trace_step		 step;
	int64_t			 start_us, duration_us;	/* start since 1970 */
	const char		*name, *error, *request;	/* in `text`; the last two may be NULL */
	size_t			 n_fields, n_text;
	struct json_field	 fields[TRACE_FIELDS_MAX];
	char			 text[TRACE_TEXT_BYTES];
};
/* The attribute of this name; NULL: none. */
const struct json_field *trace_field(const struct trace_record *r, const char *name);

enum trace_reader { TRACE_STORE, TRACE_EXPORT, TRACE_READERS };
/* Room for so many spans, for these readers; `on_record` is called after each. Once a process. */
void	 trace_ring_open(size_t capacity, bool store, bool export, void (*on_record)(void));
/* The oldest span that the reader has not taken, valid until the next is recorded; NULL: none. */
const struct trace_record *trace_ring_take(enum trace_reader reader);
/* How many wait for it; how many it has lost. */
size_t	 trace_ring_waiting(enum trace_reader reader);
uint64_t trace_ring_lost(enum trace_reader reader);

#endif
