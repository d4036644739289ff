/* shutdown_notice.c -- see shutdown_notice.h. */
#include "shutdown_notice.h"

#include "base/json.h"
#include "plain.h"
#include "socket_io.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/sock.h"

enum { RECONNECT_FIRST_MS = 500, RECONNECT_SPREAD_MS = 5000 };

static struct json_field
reconnect_in(size_t place, size_t clients)
{
	return JI("reconnectInMs", RECONNECT_FIRST_MS + (int64_t)(place * RECONNECT_SPREAD_MS / clients));
}

void
shutdown_notice_send(void)
{
	size_t slot, place = 0, clients = eio_count() + (size_t)plain_count();
	const struct eio *e = NULL;
	struct session *ses;
	struct plain *c;
	struct sio *s;
	struct arena mem;
	struct str text;

	arena_init(&mem, 256);
	while ((e = eio_each(&slot, e)) != NULL) {
		text = json_obj(&mem, JS("reason", "shutdown"), reconnect_in(place++, clients));
		ses = sio_session(e);
		for (s = ses != NULL ? ses->sockets : NULL; s != NULL; s = s->next)
			sio_emit(s, "server:shutdown", text);
		arena_reset(&mem);
	}
	for (c = plain_first(); c != NULL; c = c->next) {
		text = json_obj(&mem, JS("type", "server:shutdown"), JS("reason", "shutdown"),
		    reconnect_in(place++, clients));
		sock_send(c->sock, FRAME_TEXT, text.p, text.n);
		arena_reset(&mem);
	}
	arena_fini(&mem);
}
