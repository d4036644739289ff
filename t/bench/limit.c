/* limit.c -- the limit that the fanout is measured against: a bare broadcast, coalesced, and nothing else.
 *
 * limit PORT REDIS_PORT PATTERN: every WebSocket that connects gets every message published on these channels, framed
 * as the Socket.IO packet that Dure sends. One thread, epoll; what one read from Redis brought is one shared buffer and
 * one send(2) a socket. No rooms, no sessions, no heartbeat, no parsing of JSON; what a socket does not take at once is
 * copied to it. A socket at /sio/ is told what a Socket.IO client wants to hear while it connects, the same for all.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/wskey.h"

enum { SOCKETS_MAX = 20000, TURN_EVENTS = 512, READ_BYTES = 65536 };

static struct client {
	int		 fd;
	struct buf	 late;		/* what it did not take */
} *clients[SOCKETS_MAX];
static int n_clients, epoll_fd, listener, redis;
static struct buf from_redis, turn;

static void
watch(int fd, uint32_t events, void *p, int op)
{
	struct epoll_event ev = { .events = events, .data.ptr = p };

	epoll_ctl(epoll_fd, op, fd, &ev);
}

static void
drop(struct client *c)
{
	int i;

	for (i = 0; i < n_clients && clients[i] != c; i++)
		;
	if (i < n_clients)
		clients[i] = clients[--n_clients];
	close(c->fd);
	buf_fini(&c->late);
	free(c);
}

static void
send_late(struct client *c)
{
	ssize_t n = send(c->fd, c->late.p, c->late.n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN) {
		drop(c);
		return;
	}
	if (n > 0)
		buf_drop(&c->late, (size_t)n);
	if (c->late.n == 0)
		watch(c->fd, EPOLLIN, c, EPOLL_CTL_MOD);
}

static void
send_turn(struct client *c)
{
	ssize_t n = 0;

	if (c->late.n == 0)
		n = send(c->fd, turn.p, turn.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	n = n < 0 ? 0 : n;
	if ((size_t)n == turn.n)
		return;
	if (c->late.n == 0)
		watch(c->fd, EPOLLIN | EPOLLOUT, c, EPOLL_CTL_MOD);
	buf_add(&c->late, turn.p + n, turn.n - (size_t)n);
}

/* One published message as one frame of the turn. */
static void
put_frame(const char *p, size_t n)
{
	static const char head[] = "42[\"analysis-update\",";
	const char *payload = memchr(p, '\n', n);
	size_t body = n - (size_t)(++payload - p), length = sizeof(head) - 1 + body + 1;

	buf_byte(&turn, (char)0x81);
	if (length >= 126)
		buf_byte(&turn, 126);
	if (length >= 126)
		buf_byte(&turn, (char)(length >> 8));
	buf_byte(&turn, (char)length);
	buf_add(&turn, head, sizeof(head) - 1);
	buf_add(&turn, payload, body);
	buf_byte(&turn, ']');
}

/* A bulk string of the reply at *p; NULL when it is not all there. */
static const char *
take_bulk(const char **p, const char *end, size_t *n)
{
	const char *text, *line = memchr(*p, '\n', (size_t)(end - *p));

	if (line == NULL)
		return NULL;
	*n = strtoul(*p + 1, NULL, 10);
	text = line + 1;
	if (**p == ':') {		/* the count of subscriptions */
		*n = 0;
		*p = text;
		return text;
	}
	if ((size_t)(end - text) < *n + 2)
		return NULL;
	*p = text + *n + 2;
	return text;
}

/* "*4 pmessage pattern channel message", as often as they have come. */
static void
read_redis(void)
{
	ssize_t got = recv(redis, buf_reserve(&from_redis, READ_BYTES), READ_BYTES, MSG_DONTWAIT);
	const char *p, *end, *text;
	size_t n = 0;
	int i, parts;

	if (got <= 0)
		exit(got == 0);
	buf_grow(&from_redis, (size_t)got);
	for (;;) {
		p = from_redis.p;
		end = p + from_redis.n;
		if (from_redis.n == 0 || (text = memchr(p, '\n', from_redis.n)) == NULL)
			break;
		parts = atoi(p + 1);
		p = text + 1;
		for (i = 0; i < parts && (text = take_bulk(&p, end, &n)) != NULL; i++)
			;
		if (i < parts)
			break;
		if (parts == 4)
			put_frame(text, n);
		buf_drop(&from_redis, (size_t)(p - from_redis.p));
	}
	for (i = 0; turn.n > 0 && i < n_clients; i++)
		send_turn(clients[i]);
	buf_reset(&turn);
}

/* As a server text frame, below 126 bytes. */
#define FRAME(length, text) "\x81" length text
#define OPEN FRAME("\x66", \
	"0{\"sid\":\"1abcdefghijklmnopqrst\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":60000,\"maxPayload\":1}")
#define JOINED FRAME("\x1f", "40{\"sid\":\"abcdefghijklmnopqrs\"}")

static void
read_client(struct client *c)
{
	char text[4096], accept_key[WS_ACCEPT_BYTES], key[64], answer[512];
	ssize_t n = recv(c->fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	const char *hit;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			drop(c);
		return;
	}
	text[n] = '\0';
	if (n == 8 && memcmp(text + 6, "40", 2) == 0)
		send(c->fd, JOINED, sizeof(JOINED) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	if ((hit = strstr(text, "Sec-WebSocket-Key: ")) == NULL || sscanf(hit + 19, "%63s", key) != 1)
		return;
	ws_accept_key(key, accept_key);
	n = sprintf(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n\r\n%s", accept_key, strncmp(text, "GET /sio/", 9) == 0 ? OPEN : "");
	send(c->fd, answer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	clients[n_clients++] = c;
}

static void
accept_some(void)
{
	struct client *c;
	int fd, on = 1;

	while (n_clients < SOCKETS_MAX && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if ((c = calloc(1, sizeof(*c))) == NULL)
			abort();
		c->fd = fd;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		watch(fd, EPOLLIN, c, EPOLL_CTL_ADD);
	}
}

static void
open_sockets(int port, int redis_port, const char *pattern)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char subscribe[256];
	int on = 1, n = snprintf(subscribe, sizeof(subscribe), "PSUBSCRIBE %s\r\n", pattern);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	a.sin_port = htons((uint16_t)port);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listener, 4096) < 0)
		exit(1);
	redis = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	a.sin_port = htons((uint16_t)redis_port);
	if (connect(redis, (struct sockaddr *)&a, sizeof(a)) < 0 || send(redis, subscribe, (size_t)n, 0) < 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[TURN_EVENTS];
	struct rlimit limit;
	int i, n;

	if (argc != 4)
		return 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	open_sockets(atoi(argv[1]), atoi(argv[2]), argv[3]);
	watch(listener, EPOLLIN, &listener, EPOLL_CTL_ADD);
	watch(redis, EPOLLIN, &redis, EPOLL_CTL_ADD);
	for (;;) {
		n = epoll_wait(epoll_fd, events, TURN_EVENTS, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == &listener)
				accept_some();
			else if (events[i].data.ptr == &redis)
				read_redis();
			else if (events[i].events & EPOLLOUT)
				send_late(events[i].data.ptr);
			else
				read_client(events[i].data.ptr);
		}
	}
}
