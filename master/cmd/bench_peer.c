/* bench_peer.c -- the bare server of `dure bench`: epoll, a read and a write a request; what was posted in one turn is
 * one write a listener. See bench_peer.h. */
#include "bench_peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

enum { FDS_MAX = 1024, READ_BYTES = 65536, TURN_EVENTS = 128 };

static struct {
	struct str answer, frame;
	int listener, epoll;
	struct buf in[FDS_MAX];
	int listeners[FDS_MAX], n;
	struct buf turn; /* the frames of this turn */
} peer;

static const char posted[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

static void
tell(int fd, const void *p, size_t n)
{
	if (send(fd, p, n, MSG_NOSIGNAL) < 0)
		(void)0; /* its end will be read */
}

static void
take_connection(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC), one = 1;

	if (fd < 0)
		return;
	if (fd >= FDS_MAX) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	buf_reset(&peer.in[fd]);
	ev.data.fd = fd;
	epoll_ctl(peer.epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void
forget(int fd)
{
	int i;

	for (i = 0; i < peer.n && peer.listeners[i] != fd; i++)
		;
	if (i < peer.n)
		peer.listeners[i] = peer.listeners[--peer.n];
	close(fd);
}

static void
tell_all(void)
{
	int i;

	for (i = 0; i < peer.n && peer.turn.n > 0; i++)
		tell(peer.listeners[i], peer.turn.p, peer.turn.n);
	buf_reset(&peer.turn);
}

/* The bytes of the request that `in` begins with; 0: it is not all there. */
static size_t
request_bytes(const struct buf *in)
{
	const char *end = memmem(in->p, in->n, "\r\n\r\n", 4), *length;
	size_t n;

	if (end == NULL)
		return 0;
	n = (size_t)(end + 4 - in->p);
	if ((length = memmem(in->p, n, "Content-Length: ", 16)) != NULL)
		n += strtoul(length + 16, NULL, 10);
	return in->n >= n ? n : 0;
}

static void
serve(int fd)
{
	struct buf *in = &peer.in[fd];
	ssize_t n = recv(fd, buf_reserve(in, READ_BYTES), READ_BYTES, 0);
	size_t bytes;

	if (n <= 0) {
		forget(fd);
		return;
	}
	buf_grow(in, (size_t)n);
	if (in->p[0] == 'R') {
		peer.listeners[peer.n++] = fd;
		buf_reset(in);
		tell(fd, "R", 1);
		return;
	}
	while (in->n > 0 && (bytes = request_bytes(in)) > 0) {
		bool is_post = in->p[0] == 'P';

		buf_drop(in, bytes);
		if (is_post)
			buf_add(&peer.turn, peer.frame.p, peer.frame.n);
		tell(fd, is_post ? posted : peer.answer.p, is_post ? sizeof(posted) - 1 : peer.answer.n);
	}
}

static _Noreturn void
run(void)
{
	struct epoll_event events[TURN_EVENTS], ev = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int i, n;

	ev.data.fd = peer.listener;
	peer.epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(peer.epoll, EPOLL_CTL_ADD, peer.listener, &ev);
	for (;;) {
		n = epoll_wait(peer.epoll, events, TURN_EVENTS, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.fd == peer.listener)
				take_connection();
			else
				serve(events[i].data.fd);
		}
		tell_all();
	}
}

static void
die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

/* The first process, which starts the others. */
static _Noreturn void
run_all(int processes)
{
	pid_t first = getpid();
	int i;

	for (i = 1; i < processes; i++)
		if (fork() == 0) {
			die_with(first);
			break;
		}
	run();
}

pid_t
bench_peer_start(struct str answer, struct str frame, int processes, int *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	pid_t parent = getpid(), pid;

	peer.answer = answer;
	peer.frame = frame;
	peer.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (peer.listener < 0 || bind(peer.listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(peer.listener, 512) < 0 || getsockname(peer.listener, (struct sockaddr *)&at, &n) < 0)
		return -1;
	*port = ntohs(at.sin_port);
	if ((pid = fork()) == 0) {
		die_with(parent);
		run_all(processes);
	}
	close(peer.listener);
	return pid;
}
