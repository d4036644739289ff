/* ws.c -- the fanout process: its start, the end of each turn, its graceful stop.
 *
 * In reading order: front.c (the HTTP workers hand clients over), enter.c (which protocol, which session), sock.c and
 * frame.c (WebSocket), eio.c and polling.c (Engine.IO), sio.c, sio_out.c, join.c, pass.c, packet.c and event.c
 * (Socket.IO), on/ (the handlers), plain.c (/ws), protocol_test.c (echoes for test suites), slow.c (full queues),
 * room.c, encode.c, state.c, missed.c, room/ and flight.c (rooms), follow.c, audience.c and talk.c (viewers and chats),
 * remember.c and recover.c (clients that come back), census.c (who is where), chunk.c (shared output), ring.c (sends),
 * inbox.c, due.c, name.c, window.c and hashtab.c (tools). All clients go on to a successor with give.c, take.c, pack.c,
 * unpack.c and parley.c (luggage.h).
 */
#include <sys/resource.h>

#include "audience.h"
#include "base/err.h"
#include "base/metric.h"
#include "census.h"
#include "eio.h"
#include "enter.h"
#include "front.h"
#include "give.h"
#include "hostile_ws.h"
#include "join.h"
#include "plain.h"
#include "polling.h"
#include "remember.h"
#include "run/co.h"
#include "run/loop.h"
#include "sio.h"
#include "sock.h"
#include "take.h"
#include "talk.h"
#include "worker/child.h"
#include "worker/domain/identity/revoked.h"
#include "worker/domain/live/chat.h"

enum { DRAIN_LOOK_MS = 10 };

void
ws_end_turn(void)
{
	polling_turn();
	sock_turn();
	eio_turn();
	front_turn();
	metric_set(M_WS_CONNECTIONS, 0, (int64_t)eio_count() + plain_count());
}

static void
on_end_turn(void *arg)
{
	(void)arg;
	ws_end_turn();
}

/* A socket is a descriptor: as many as the system lets us have. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int
start(const struct child_sockets *s, int index)
{
	if (s->ws[index] < 0)
		return E_INTERNAL;
	raise_limit();
	hostile_ws();
	eio_start(index);
	room_start();
	remember_start(index);
	census_start();
	sio_start();
	sock_start();
	plain_start();
	join_start();
	audience_start();
	talk_start();
	(void)revoked_wait();		/* without Redis nobody is let in by a token, but others are */
	loop_before_sleep(on_end_turn, NULL);
	give_start(index, take_over(index));
	front_start(s->ws[index]);
	return 0;
}

static void
drain(void)
{
	give_stop();
	front_stop();
	enter_stop();
	talk_stop();
	eio_close_all(CLOSE_AWAY);
	plain_close_all(CLOSE_AWAY);
	audience_flush();
	chat_flush();
	while (co_sleep(DRAIN_LOOK_MS) == 0 && sock_count() > 0)
		;
}

const struct child_role ws_role = {
	.name = "ws", .links = LINK_PG | LINK_REDIS, .start = start, .drain = drain,
};
