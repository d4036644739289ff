/* accept.c -- accepts from the shared listening sockets. See accept.h.
 *
 * Every idle worker wakes for a new connection and all but one find nothing: EPOLLEXCLUSIVE does not reach through the loop
 * (libev's epoll, or one nested in it). That costs a system call a connection, not a request. A worker that is full stops
 * watching, so that the others get what it cannot take.
 */
#include "accept.h"

#include <sys/socket.h>

#include "base/log.h"
#include "base/str.h"
#include "handshake.h"
#include "mhd.h"
#include "run/loop.h"

enum { LISTENERS_MAX = 8, ACCEPTS_A_TURN = 32 };

static struct loop_io listeners[LISTENERS_MAX];
static int n_listeners;
static bool stopped, full;

static void
watch_all(int events)
{
	int i;

	for (i = 0; i < n_listeners; i++)
		loop_io_watch(&listeners[i], events);
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
	watch_all(LOOP_READ);
}

void
accept_room(void)
{
	if (full && !stopped) {
		full = false;
		watch_all(LOOP_READ);
	}
}

void
accept_stop(void)
{
	stopped = true;
	watch_all(0);
}
