/* accept.c -- accepts from the shared listening sockets. See accept.h.
 *
 * Every idle worker wakes for a new connection and all but one find nothing, because EPOLLEXCLUSIVE does not work
 * through libev's epoll, nor through a nested one. That costs a system call a connection, not a request. A worker at
 * its limit stops watching the sockets, so that the others accept.
 */
#include "accept.h"

#include <unistd.h>

#include "base/log.h"
#include "conn.h"
#include "handshake.h"
#include "mhd.h"
#include "run/listener.h"

enum { LISTENERS_MAX = 8 };

static struct listener listeners[LISTENERS_MAX];
static int n_listeners;
static bool stopped, full;

static void
watch_all(void)
{
	int i;

	for (i = 0; i < n_listeners; i++)
		listener_watch(&listeners[i], !stopped && !full);
}

static void
take_connection(int fd, const struct sockaddr *peer, socklen_t n)
{
	if (!conn_allowed(peer))
		close(fd);
	else if (!handshake_take(fd, peer))
		mhd_add(fd, peer, n);
	if (!conn_full())
		return;
	log_warn("connection limit reached", JI("connections", conn_count()));
	full = true;
	watch_all();
}

void
accept_start(const int *fds)
{
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
