/* reload-listen.c -- what a listening socket for all workers costs against one each (SO_REUSEPORT): the bare accept
 * loop of both.
 *
 * reload-listen PORT WORKERS shared|reuseport|exclusive: forks the workers, each of which accepts and answers every
 * read with one small HTTP response until it is killed. "exclusive" is a shared socket watched with EPOLLEXCLUSIVE. GET
 * /tally answers how many connections each worker has accepted. HUP replaces the workers one by one: a successor
 * accepts first, then its predecessor no more, and it ends when its connections have.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 16, OVERLAP_US = 20000 };

static long *accepted;			/* by worker; shared */
static volatile sig_atomic_t told;	/* HUP, TERM */
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char last[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

static int
open_listener(int port, bool reuseport)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1024) < 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void
on_signal(int signo)
{
	(void)signo;
	told = 1;
}

static void
listen_to(int signo)
{
	struct sigaction a = { .sa_handler = on_signal };

	sigaction(signo, &a, NULL);
}

static void
tell_tally(int fd)
{
	char body[512], text[640];
	int i, n = 0;

	for (i = 0; i < WORKERS_MAX; i++)
		n += snprintf(body + n, sizeof(body) - (size_t)n, "%s%ld", i > 0 ? " " : "", accepted[i]);
	n = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", n,
	    body);
	send(fd, text, (size_t)n, MSG_NOSIGNAL);
	close(fd);
}

static _Noreturn void
work(int listener, unsigned flags, long *mine)
{
	int open = 0;

	struct epoll_event events[64], e = { .events = EPOLLIN | flags, .data = { .fd = listener } };
	int ep = epoll_create1(0), i, n, fd, on = 1;
	static char request[65536];
	ssize_t got;

	prctl(PR_SET_PDEATHSIG, 9);
	signal(SIGHUP, SIG_IGN);
	listen_to(SIGTERM);
	told = 0;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
	for (;;) {
		if (told && listener >= 0) {
			epoll_ctl(ep, EPOLL_CTL_DEL, listener, NULL);
			close(listener);
			listener = -1;
		}
		if (listener < 0 && open == 0)
			_exit(0);
		n = epoll_wait(ep, events, 64, listener < 0 ? 100 : -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.fd == listener) {
				while (listener >= 0 && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
					open++;
					++*mine;
					setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
					e = (struct epoll_event){ .events = EPOLLIN, .data = { .fd = fd } };
					epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
				}
				continue;
			}
			fd = events[i].data.fd;
			got = recv(fd, request, sizeof(request) - 1, 0);
			request[got > 0 ? got : 0] = '\0';
			if (got < 0 && errno == EAGAIN)
				continue;
			if (got <= 0) {
				open--;
				close(fd);
			} else if (strncmp(request, "GET /tally", 10) == 0) {
				open--;
				tell_tally(fd);
			} else if (strstr(request, "onnection: close") != NULL) {
				send(fd, last, sizeof(last) - 1, MSG_NOSIGNAL);
				open--;
				close(fd);
			} else if (listener < 0) {
				send(fd, last, sizeof(last) - 1, MSG_NOSIGNAL);
				open--;
				close(fd);
			} else {
				send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
			}
		}
	}
}

static int port, shared = -1;
static bool reuseport;
static unsigned flags;

static pid_t
start(int index)
{
	int fd = reuseport ? open_listener(port, true) : shared;
	pid_t pid = fork();

	if (pid == 0)
		work(fd, flags, &accepted[index]);
	if (reuseport)
		close(fd);
	return pid;
}

int
main(int argc, char **argv)
{
	pid_t workers[WORKERS_MAX], old;
	int i, n;

	if (argc != 4 || (n = atoi(argv[2])) < 1 || n > WORKERS_MAX)
		return 64;
	prctl(PR_SET_PDEATHSIG, 9);
	port = atoi(argv[1]);
	reuseport = strcmp(argv[3], "reuseport") == 0;
	flags = strcmp(argv[3], "exclusive") == 0 ? EPOLLEXCLUSIVE : 0;
	accepted = mmap(NULL, WORKERS_MAX * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!reuseport)
		shared = open_listener(port, false);
	for (i = 0; i < n; i++)
		workers[i] = start(i);
	listen_to(SIGHUP);
	for (;;) {
		if (wait(NULL) < 0 && errno != EINTR)
			return 0;
		if (!told)
			continue;
		told = 0;
		for (i = 0; i < n; i++) {
			old = workers[i];
			workers[i] = start(i);
			usleep(OVERLAP_US);
			kill(old, SIGTERM);
		}
	}
}
