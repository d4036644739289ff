/* event_tables.c -- all tables of events. See event_tables.h. */
#include "event_tables.h"

const struct event *const event_tables[] = { root_events, auth_events, chat_events, streaming_events, metrics_events,
    protocol_events, NULL };
