/* accept.c -- accepts from the shared listening sockets. See accept.h.
 *
 * Every idle worker wakes for a new connection and all but one find nothing, because EPOLLEXCLUSIVE does not work
 * through libev's epoll, nor through a nested one. That costs a system call a connection, not a request. A worker at
 * its limit stops watching the sockets, so that the others accept.
 *
 * A worker that is awake could take a whole burst while the others wait for a core, and keep it as long as its clients
 * keep their connections. So a worker that is ahead of another pauses now and then; whatever is left after the pause
 * it takes.
 */
#include "accept.h"

#include <limits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "conn.h"
#include "handshake.h"
#include "mhd.h"
#include "proc/scoreboard.h"
#include "run/listener.h"

enum { LISTENERS_MAX = 8, LOOK_EVERY = 8, AFTER_PAUSE = 16, PAUSE_MS = 2 };

static struct listener listeners[LISTENERS_MAX];
static struct loop_timer pause_timer;
static int n_listeners, until_look = LOOK_EVERY;	/* connections before the others' are looked at */
static bool stopped, full, paused;

static void
watch_all(void)
{
	int i;

	for (i = 0; i < n_listeners; i++)
		listener_watch(&listeners[i], !stopped && !full && !paused);
}

/* The connections of the worker that has the fewest, among the others that accept; INT_MAX: there is none. */
static int
fewest_elsewhere(void)
{
	int i, fewest = INT_MAX;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);
		uint64_t *block = scoreboard_metrics(i);
		int n;

		if (s == scoreboard_me() || s->kind != PROC_HTTP || s->state != SLOT_READY)
			continue;
		n = (int)metric_total(&block, 1, M_HTTP_CONNECTIONS, 0);
		fewest = n < fewest ? n : fewest;
	}
	return fewest;
}

static void
on_pause_over(struct loop_timer *t)
{
	(void)t;
	paused = false;
	until_look = AFTER_PAUSE;
	watch_all();
}

/* Leave the next connections to a worker that has fewer. */
static void
let_others_accept(void)
{
	if (--until_look > 0 || scoreboard_peers() == 1)
		return;
	until_look = LOOK_EVERY;
	if (conn_count() - LOOK_EVERY < fewest_elsewhere())
		return;
	paused = true;
	loop_timer_start(&pause_timer, PAUSE_MS, 0);
	watch_all();
}

static void
take_connection(int fd, const struct sockaddr *peer, socklen_t n)
{
	if (!conn_allowed(peer))
		close(fd);
	else if (!handshake_take(fd, peer))
		mhd_add(fd, peer, n);
	let_others_accept();
	if (!conn_full())
		return;
	log_warn("connection limit reached", JI("connections", conn_count()));
	full = true;
	watch_all();
}

void
accept_start(const int *fds)
{
	loop_timer_init(&pause_timer, on_pause_over, NULL);
	for (; *fds >= 0 && n_listeners < LISTENERS_MAX; fds++)
		listener_init(&listeners[n_listeners++], *fds, "clients", take_connection);
	watch_all();
}

void
accept_room(void)
{
	if (!full)
		return;
	full = false;
	watch_all();
}

void
accept_stop(void)
{
	stopped = true;
	watch_all();
}
