/* crowd.c -- thousands of Socket.IO clients on WebSockets that check what they get: one thread, epoll.
 *
 * crowd PORT SOCKETS ROOM: connects them, 64 handshakes at a time, has each subscribe to the analysis ROOM, says
 * "ready" on standard output, and reads until standard input ends. Events of the room carry {"number":N}: each client
 * must get 1, 2, 3 and so on. Then one line of JSON: sockets, disconnected, the lowest and the highest last number,
 * events missing and doubled, pings answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 18, REST_MAX = 1 << 16, PARALLEL = 64, EVENTS = 512 };
enum state { UPGRADING, OPENING, JOINING, SUBSCRIBING, READY, ENDED };

struct client {
	int		 fd;
	enum state	 state;
	char		*rest;
	size_t		 n_rest;
	uint32_t	 last;
};

static struct client *clients;
static int port, n_clients, n_started, n_ready, n_ended, epoll_fd;
static const char *room;
static uint64_t missing, doubled, pings;
static char buffer[READ_BYTES + REST_MAX];

static void
give_up(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
say(struct client *c, const char *text)
{
	unsigned char frame[256] = { 0x81 };
	size_t n = strlen(text);

	frame[1] = (unsigned char)(0x80 | n);	/* masked with zeros */
	memcpy(frame + 6, text, n);
	if (send(c->fd, frame, n + 6, MSG_NOSIGNAL) != (ssize_t)(n + 6))
		fprintf(stderr, "crowd: cannot send: %s\n", strerror(errno));
}

static void
connect_one(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr =
	    { htonl(INADDR_LOOPBACK + (uint32_t)(c - clients) / 15000) } };
	struct epoll_event e = { .events = EPOLLIN, .data = { .ptr = c } };
	char hello[512];
	int n, on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("connect");
	n = snprintf(hello, sizeof(hello),
	    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	    port);
	if (send(c->fd, hello, (size_t)n, 0) != n)
		give_up("send");
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e) < 0)
		give_up("epoll_ctl");
}

static void
end(struct client *c)
{
	if (c->state == ENDED)
		return;
	c->state = ENDED;
	n_ended++;
	close(c->fd);
}

static void
take_number(struct client *c, const char *text)
{
	const char *p = strstr(text, "\"number\":");
	uint32_t number;

	/* Each update comes under two names; the first counts. */
	if (p == NULL || strncmp(text, "42[\"analysis-update\"", 20) != 0)
		return;
	number = (uint32_t)strtoul(p + 9, NULL, 10);
	if (number <= c->last)
		doubled++;
	else
		missing += number - c->last - 1;
	c->last = number > c->last ? number : c->last;
}

static void
take_text(struct client *c, const char *text)
{
	char subscribe[160];

	if (text[0] == '2') {
		pings++;
		say(c, "3");
	} else if (text[0] == '0' && c->state == OPENING) {
		say(c, "40");
		c->state = JOINING;
	} else if (strncmp(text, "40", 2) == 0 && c->state == JOINING) {
		snprintf(subscribe, sizeof(subscribe), "420[\"subscribe-analysis\",\"%s\"]", room);
		say(c, subscribe);
		c->state = SUBSCRIBING;
	} else if (strncmp(text, "430", 3) == 0 && c->state == SUBSCRIBING) {
		c->state = READY;
		n_ready++;
	} else if (strncmp(text, "42", 2) == 0) {
		take_number(c, text);
	}
}

/* Bytes taken off the front. */
static size_t
take_frames(struct client *c, char *p, size_t n)
{
	size_t at = 0, head, len;
	char *end_of_head, after;

	if (c->state == UPGRADING) {
		if (n < 4 || (end_of_head = memmem(p, n, "\r\n\r\n", 4)) == NULL)
			return 0;
		if (strncmp(p, "HTTP/1.1 101", 12) != 0)
			give_up("upgrade refused");
		at = (size_t)(end_of_head - p) + 4;
		c->state = OPENING;
	}
	while (at + 4 <= n || (at + 2 <= n && (p[at + 1] & 127) < 126)) {
		head = 2;
		len = (unsigned char)p[at + 1];
		if (len == 126) {
			len = (size_t)(unsigned char)p[at + 2] << 8 | (unsigned char)p[at + 3];
			head = 4;
		} else if (len == 127) {
			give_up("frame too large");
		}
		if (n - at < head + len)
			break;
		if ((p[at] & 15) == 8) {
			end(c);
			return n;
		}
		after = p[at + head + len];	/* there is always room for one more */
		p[at + head + len] = '\0';
		if ((p[at] & 15) == 1)
			take_text(c, p + at + head);
		p[at + head + len] = after;
		at += head + len;
	}
	return at;
}

static void
read_one(struct client *c)
{
	size_t n = c->n_rest, used;
	ssize_t got;

	if (n > 0)
		memcpy(buffer, c->rest, n);
	got = recv(c->fd, buffer + n, READ_BYTES, 0);
	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			end(c);
		return;
	}
	n += (size_t)got;
	used = take_frames(c, buffer, n);
	free(c->rest);
	c->rest = NULL;
	if ((c->n_rest = n - used) == 0)
		return;
	if (c->n_rest > REST_MAX || (c->rest = malloc(c->n_rest)) == NULL)
		give_up("rest");
	memcpy(c->rest, buffer + used, c->n_rest);
}

static void
report(void)
{
	uint32_t low = UINT32_MAX, high = 0;
	int i;

	for (i = 0; i < n_clients; i++) {
		low = clients[i].last < low ? clients[i].last : low;
		high = clients[i].last > high ? clients[i].last : high;
	}
	printf(
	    "{\"sockets\":%d,\"disconnected\":%d,\"low\":%u,\"high\":%u,\"missing\":%llu,\"doubled\":%llu,\"pings\":%llu}\n", n_clients, n_ended,
	    low, high, (unsigned long long)missing, (unsigned long long)doubled, (unsigned long long)pings);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS], in = { .events = EPOLLIN, .data = { .ptr = NULL } };
	struct rlimit limit;
	bool told = false;
	int i, n;

	if (argc != 4)
		return 64;
	prctl(PR_SET_PDEATHSIG, 15);
	port = atoi(argv[1]);
	n_clients = atoi(argv[2]);
	room = argv[3];
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if ((clients = calloc((size_t)n_clients, sizeof(*clients))) == NULL)
		give_up("memory");
	epoll_fd = epoll_create1(0);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &in);
	for (;;) {
		while (n_started < n_clients && n_started - n_ready - n_ended < PARALLEL)
			connect_one(&clients[n_started++]);
		if (!told && n_ready == n_clients) {
			told = true;
			puts("ready");
			fflush(stdout);
		}
		n = epoll_wait(epoll_fd, events, EVENTS, 1000);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL) {
				report();
				return 0;
			}
			read_one(events[i].data.ptr);
		}
	}
}
