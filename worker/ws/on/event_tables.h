/* event_tables.h -- the events that clients may send, by namespace. */
#ifndef ON_EVENT_TABLES_H
#define ON_EVENT_TABLES_H

#include "worker/ws/session/event.h"

/* All tables, each ending with a NULL name; the list ends with NULL. */
extern const struct event *const event_tables[];
extern const struct event root_events[], auth_events[], chat_events[], metrics_events[], protocol_events[],
    streaming_events[];

#endif
