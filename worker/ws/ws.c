/* ws.c -- the fanout process: wires the layers, starts them, ends each turn, drains.
 *
 * The layers and the way of an event are in README.md.
 */
#include <sys/resource.h>

#include "base/err.h"
#include "base/metric.h"
#include "hostile_ws.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/child.h"
#include "worker/domain/identity/revoked.h"
#include "worker/domain/live/chat.h"
#include "worker/ws/conn/engine_io.h"
#include "worker/ws/conn/entry.h"
#include "worker/ws/conn/front.h"
#include "worker/ws/conn/late_poll.h"
#include "worker/ws/conn/polling.h"
#include "worker/ws/conn/ring.h"
#include "worker/ws/conn/sock.h"
#include "worker/ws/handover/handover_receive.h"
#include "worker/ws/handover/handover_send.h"
#include "worker/ws/live/chat_members.h"
#include "worker/ws/live/metrics_feed.h"
#include "worker/ws/live/presence_census.h"
#include "worker/ws/live/stream_viewers.h"
#include "worker/ws/on/event_tables.h"
#include "worker/ws/room/catch_up.h"
#include "worker/ws/room/room_trace.h"
#include "worker/ws/session/namespace.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/room_hooks.h"
#include "worker/ws/session/session_store.h"
#include "worker/ws/session/shutdown_notice.h"
#include "worker/ws/session/socket_io.h"

enum { DRAIN_LOOK_MS = 10, LATE_MS = 1000 };

static const struct room_hook room_hooks[] = {
	{ STREAM_VIEWERS_ROOM, stream_viewers_entered, stream_viewers_left, stream_viewers_entered },
	{ STREAM_WATCH_ROOM, stream_viewers_watch, NULL, stream_viewers_watch },
	{ METRICS_ROOM, metrics_feed_entered, NULL, metrics_feed_entered },
	{ CHAT_MEMBERS_ROOM, chat_members_entered, chat_members_left, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const struct entry_ops entry_ops = {
	.open_session = sio_open, .drop_idle = sio_drop_idle, .open_plain = plain_open, .count_plain = plain_count,
};

static void
end_turn(void)
{
	polling_turn();
	sock_turn();
	eio_turn();
	front_turn();
	room_trace_turn();
	metric_set(M_WS_CONNECTIONS, 0, (int64_t)eio_count() + plain_count());
}

static void
on_end_turn(void *arg)
{
	(void)arg;
	end_turn();
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
start_ws(const struct child_sockets *s, int index)
{
	if (s->ws[index] < 0)
		return E_INTERNAL;
	raise_limit();
	hostile_ws();
	eio_start(index);
	entry_start(&entry_ops);
	catch_up_start();
	event_start(event_tables, protocol_events);
	room_hooks_start(room_hooks);
	session_store_start(index);
	presence_census_start();
	sio_start();
	sock_start();
	plain_start();
	namespace_start();
	stream_viewers_start();
	chat_members_start();
	metrics_feed_start();
	(void)revoked_wait();		/* without Redis no token is accepted, but anonymous sockets are */
	loop_before_sleep(on_end_turn, NULL);
	handover_send_start(index, handover_receive_clients(index), end_turn);
	front_start(s->ws[index]);
	return 0;
}

/* Clients that poll fetch their last packets soon, those that are still there. */
static bool
has_clients(int64_t since_ms)
{
	return sock_count() > 0 || (late_poll_count() > 0 && mono_ms() < since_ms + LATE_MS);
}

static void
drain_ws(void)
{
	int64_t since_ms = mono_ms();

	handover_send_stop();
	if (!scoreboard_stopping())
		front_stop();
	entry_stop();
	chat_members_stop();
	shutdown_notice_send();
	eio_close_all(CLOSE_AWAY);
	plain_close_all(CLOSE_AWAY);
	stream_viewers_flush();
	chat_flush();
	while (co_sleep(DRAIN_LOOK_MS) == 0 && has_clients(since_ms))
		;
}

const struct child_role ws_role = {
	.name = "ws", .links = LINK_PG | LINK_REDIS, .prepare = ring_open, .start = start_ws,
	.drain = drain_ws,
};
