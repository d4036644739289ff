/* protocol_test.h -- what the public protocol test suites talk to (WS_PROTOCOL_TEST): echoes below Socket.IO. Its
 * events: on/protocol_events.c. */
#ifndef CONN_PROTOCOL_TEST_H
#define CONN_PROTOCOL_TEST_H

#include "engine_io.h"
#include "handshake_info.h"

/* The user of an Engine.IO session that sends every message back. */
void	 protocol_test_open(struct eio *e, const struct handshake_info *h);
/* A WebSocket that does; `early` is what arrived behind the request. */
void	 protocol_test_echo(struct client_budget *budget, int fd, const struct handshake_info *h, struct str early);

#endif
