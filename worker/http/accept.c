/* accept.c -- accepts from the shared listening sockets. See accept.h.
 *
 * Every idle worker wakes for a new connection and all but one find nothing: EPOLLEXCLUSIVE does not reach through the loop
 * (libev's epoll, or one nested in it). That costs a system call a connection, not a request. A worker that is full stops
 * watching, so that the others get what it cannot take.
 */
#include "accept.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/str.h"
#include "handshake.h"
#include "mhd.h"
#include "run/loop.h"

enum { LISTENERS_MAX = 8, ACCEPTS_A_TURN = 32, SHORT_MS = 100, SAY_MS = 10000 };

static struct loop_io listeners[LISTENERS_MAX];
static int n_listeners;
static bool stopped, full;
static struct loop_timer again;		/* active: there is no descriptor or memory for another one */

static void
watch_all(int events)
{
	int i;

	for (i = 0; i < n_listeners; i++)
		loop_io_watch(&listeners[i], events);
}

static void
on_again(struct loop_timer *t)
{
	(void)t;
	if (!stopped && !full)
		watch_all(LOOP_READ);
}

/* The connection stays in the queue, so watching on would only turn in circles. */
static void
run_short(void)
{
	static int64_t said_ms;

	if (mono_ms() - said_ms > SAY_MS || said_ms == 0) {
		said_ms = mono_ms();
		log_warn("cannot accept connections", JS("error", strerror(errno)), JI("connections", mhd_connections()));
	}
	watch_all(0);
	loop_timer_start(&again, SHORT_MS, 0);
}

static void
on_connections(struct loop_io *io, int events)
{
	struct sockaddr_storage peer;
	socklen_t n;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS_A_TURN && !mhd_full(); i++) {
		n = sizeof(peer);
		fd = accept4(io->fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			run_short();
		if (fd < 0)
			return;
		if (!handshake_take(fd, (struct sockaddr *)&peer))
			mhd_add(fd, (struct sockaddr *)&peer, n);
	}
	if (mhd_full()) {
		log_warn("connection limit reached", JI("connections", mhd_connections()));
		full = true;
		watch_all(0);
	}
}

void
accept_start(const int *fds)
{
	for (; *fds >= 0 && n_listeners < LISTENERS_MAX; fds++)
		loop_io_init(&listeners[n_listeners++], *fds, on_connections, NULL);
	loop_timer_init(&again, on_again, NULL);
	watch_all(LOOP_READ);
}

void
accept_room(void)
{
	if (full && !stopped) {
		full = false;
		if (!loop_timer_active(&again))
			watch_all(LOOP_READ);
	}
}

void
accept_stop(void)
{
	stopped = true;
	loop_timer_stop(&again);
	watch_all(0);
}
