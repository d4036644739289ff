/* reload-listen.c -- what a listening socket for all workers costs against one each (SO_REUSEPORT): the bare accept loop of both.
 *
 * reload-listen PORT WORKERS shared|reuseport|exclusive: forks the workers, each of which accepts and answers every read with one small HTTP
 * response until it is killed. "exclusive" is a shared socket watched with EPOLLEXCLUSIVE.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char last[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

static int
open_listener(int port, bool reuseport)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = { htonl(INADDR_LOOPBACK) } };
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

static _Noreturn void
work(int listener, unsigned flags)
{
	struct epoll_event events[64], e = { .events = EPOLLIN | flags, .data = { .fd = listener } };
	int ep = epoll_create1(0), i, n, fd, on = 1;
	static char request[65536];
	ssize_t got;

	prctl(PR_SET_PDEATHSIG, 9);
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &e);
	for (;;) {
		n = epoll_wait(ep, events, 64, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.fd == listener) {
				while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
					setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
					e = (struct epoll_event){ .events = EPOLLIN, .data = { .fd = fd } };
					epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
				}
				continue;
			}
			fd = events[i].data.fd;
			got = recv(fd, request, sizeof(request) - 1, 0);
			request[got > 0 ? got : 0] = '\0';
			if (got <= 0) {
				close(fd);
			} else if (strstr(request, "onnection: close") != NULL) {
				send(fd, last, sizeof(last) - 1, MSG_NOSIGNAL);
				close(fd);
			} else {
				send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
			}
		}
	}
}

int
main(int argc, char **argv)
{
	int i, workers, port, shared = -1;
	bool reuseport;

	if (argc != 4)
		return 64;
	prctl(PR_SET_PDEATHSIG, 9);
	port = atoi(argv[1]);
	workers = atoi(argv[2]);
	reuseport = strcmp(argv[3], "reuseport") == 0;
	if (!reuseport)
		shared = open_listener(port, false);
	for (i = 0; i < workers; i++) {
		int fd = reuseport ? open_listener(port, true) : shared;

		if (fork() == 0)
			work(fd, strcmp(argv[3], "exclusive") == 0 ? EPOLLEXCLUSIVE : 0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
