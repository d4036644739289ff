/* control.c -- serves the status on master.sock. See control.h.
 *
 * The answer is some twenty kilobytes and fits the buffer of a fresh socket: one write sends it, and the master never
 * waits for a client.
 */
#include "control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "proc/unixsock.h"
#include "run/listener.h"

#define SOCKET_NAME "master.sock"

enum { ANSWER_MS = 5000 };

static struct listener listener;
static void (*put_answer)(struct buf *b);

static void
answer_client(int fd, const struct sockaddr *peer, socklen_t n)
{
	struct buf answer = { 0 };
	int room = 1 << 18;

	(void)peer;
	(void)n;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	put_answer(&answer);
	if (send(fd, answer.p, answer.n, MSG_NOSIGNAL) != (ssize_t)answer.n)
		log_warn("status not sent", JS("error", strerror(errno)));
	buf_fini(&answer);
	close(fd);
}

static void
listen_for_clients(void)
{
	int fd = unixsock_listen(conf.run_dir, SOCKET_NAME);

	if (fd < 0)
		die("cannot listen", JS("directory", conf.run_dir), JS("socket", SOCKET_NAME),
		    JS("error", strerror(errno)));
	listener_init(&listener, fd, "status clients", answer_client);
	listener_watch(&listener, true);
}

void
control_open(void (*put)(struct buf *b))
{
	put_answer = put;
	listen_for_clients();
}

void
control_reopen(void)
{
	control_close(true);
	listen_for_clients();
}

void
control_close(bool remove)
{
	char path[4096];

	listener_watch(&listener, false);
	close(listener.io.fd);
	snprintf(path, sizeof(path), "%s/%s", conf.run_dir, SOCKET_NAME);
	if (remove)
		unlink(path);
}

int
control_ask(struct buf *json)
{
	int fd = unixsock_connect(conf.run_dir, SOCKET_NAME);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n = -1;

	if (fd < 0)
		return E_DOWN;
	while (poll(&p, 1, ANSWER_MS) > 0 && (n = read(fd, buf_reserve(json, 4096), 4096)) > 0)
		buf_grow(json, (size_t)n);
	close(fd);
	return n == 0 && json->n > 0 ? 0 : E_DOWN;
}
