/* front.h -- the HTTP workers' end of the fanout: their connections to this process (proc/relay.h).
 *
 * A struct asker names a relayed polling request while it waits. An answer whose worker has ended is dropped.
 */
#ifndef CONN_FRONT_H
#define CONN_FRONT_H

#include <stdint.h>

#include "base/str.h"
#include "remote_poll.h"

struct front_ops {
	struct asker_ops asker;
	/* A WebSocket whose upgrade was answered; `early` is what arrived behind the request. The descriptor is the
	 * callee's. */
	void	(*on_websocket)(int fd, struct str header, struct str early);
	/* A connection is lost, with all requests that wait on it. */
	void	(*on_lost)(uint32_t front);
};
/* Once a process, before anything else of this file. */
void	 front_init(const struct front_ops *wanted);
/* Accept workers on this listening socket from now on; front_stop accepts no more. */
void	 front_start(int listener);
void	 front_stop(void);
/* For the hand-over to a successor. front_pause stops reading, and resumes. front_each iterates over connections
 * and their buffers; start with NULL. front_restore adds a predecessor's connection with its number, its unread
 * and its unsent bytes. */
void	 front_pause(bool on);
struct front;
struct relay;
const struct front *front_each(const struct front *after, uint32_t *serial, const struct relay **relay);
struct relay *front_restore(uint32_t serial, int sock, struct str in, struct str out);
/* Answer a polling request, once. */
void	 front_answer(struct asker to, int status, const char *content_type, struct str body);
/* The same with Engine.IO packets (wire/payload.h). */
void	 front_answer_packets(struct asker to, struct str packets);
/* Write the answers of this turn. Called at the end of every turn. */
void	 front_turn(void);

#endif
