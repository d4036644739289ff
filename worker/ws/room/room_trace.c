/* room_trace.c -- see room_trace.h. */
#include "room_trace.h"

#include <stdio.h>

#include "base/trace_ring.h"

enum { TURN_MAX = 64, ROOM_BYTES = 128, EVENT_BYTES = 48 };	/* of one turn; further ones are not recorded */

static struct {
	struct trace	 trace;
	int64_t		 start_us;
	size_t		 sockets;
	char		 room[ROOM_BYTES], event[EVENT_BYTES];
} notes[TURN_MAX];
static size_t n_notes;

void
room_trace_note(const struct room *r, const struct room_event *e)
{
	char parent[TRACE_PARENT_BYTES];

	if (n_notes == TURN_MAX)
		return;
	memcpy(parent, e->trace.p, e->trace.n);
	parent[e->trace.n] = '\0';
	if (!trace_join(&notes[n_notes].trace, parent))
		return;
	notes[n_notes].start_us = mono_us();
	notes[n_notes].sockets = r->n_members;
	snprintf(notes[n_notes].room, ROOM_BYTES, "%s", r->name);
	snprintf(notes[n_notes++].event, EVENT_BYTES, "%.*s", (int)e->event.n, e->event.p);
}

void
room_trace_turn(void)
{
	int64_t now_us = n_notes > 0 ? mono_us() : 0;
	char name[EVENT_BYTES + 16];
	size_t i;

	for (i = 0; i < n_notes; i++) {
		const struct trace_span span = { .trace = &notes[i].trace, .kind = TRACE_CONSUMER, .step = TRACE_FANOUT,
		    .name = name, .start_us = notes[i].start_us, .end_us = now_us };

		snprintf(name, sizeof(name), "deliver %s", notes[i].event);
		trace_record(&span, JS("messaging.system", "redis"), JS("messaging.operation.name", "deliver"),
		    JS("messaging.operation.type", "process"), JS("messaging.destination.name", notes[i].room),
		    JS("dure.event", notes[i].event), JI("dure.sockets", (int64_t)notes[i].sockets));
	}
	n_notes = 0;
}
