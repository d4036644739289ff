/* market.c -- the people of a live stream, for its benchmark: one thread, epoll, thousands of Socket.IO clients over
 * loopback.
 *
 * market PORT STREAM_KEY TOKENS PARALLEL RATE: one client a line of the file TOKENS, each in the namespaces /, /chat
 * and /streaming over one WebSocket, in the stream's room and chat, and one of its viewers. Prints "ready N" when all
 * are in. On standard input: t begins to talk, RATE messages a second in all, each from the next client; s stops it; ?
 * prints "heard LEAST SENT ACKNOWLEDGED REFUSED", LEAST of who heard fewest. At its end it prints one line of JSON: how
 * often each heard live:product:soldout and when, how many messages each heard and how late, and how late they were
 * acknowledged. Times are µs since 1970.
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
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 1 << 18, TURN_EVENTS = 512, TOKEN_BYTES = 2048, NAMESPACES = 3, CONNECT_S = 180 };

struct client {
	int		 fd, acks;
	bool		 upgraded, ready, ended;
	char		*token;
	char		*rest;		/* the beginning of a frame */
	size_t		 n_rest;
	uint32_t	 soldouts, messages, gaps;
};

static struct client *clients;
static int n_clients, n_started, n_ready, n_ended, epoll_fd;
static const char *key;
static struct sockaddr_in to;
static char buffer[READ_BYTES];
/* µs: of each message heard; of each soldout heard, when; of each message's ack; its sending */
static int64_t *late, *sold, *acked, *asked;
static size_t n_late, cap_late, n_sold, cap_sold, n_acked, cap_acked, n_asked, cap_asked;
static uint32_t refused;
static int64_t talk_began;		/* 0: silence */
static int rate;

static void
give_up(const char *what)
{
	fprintf(stderr, "market: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
note(int64_t **v, size_t *n, size_t *cap, int64_t x)
{
	if (*n == *cap && (*v = realloc(*v, (*cap = *cap * 2 + 4096) * sizeof(**v))) == NULL)
		abort();
	(*v)[(*n)++] = x;
}

/* --- Out --- */

static void
end_client(struct client *c, const char *why)
{
	if (c->ended)
		return;
	fprintf(stderr, "market: a client ended: %s\n", why);
	c->ended = true;
	n_ended++;
	close(c->fd);
}

static void
send_all(struct client *c, const void *p, size_t n)
{
	if (send(c->fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
		end_client(c, "cannot send");
}

static void
send_text(struct client *c, const char *text)
{
	size_t n = strlen(text), head = n < 126 ? 2 : 4;
	unsigned char frame[TOKEN_BYTES + 256] = { 0x81 };

	frame[1] = 0x80 | (n < 126 ? (unsigned char)n : 126);
	if (n >= 126) {
		frame[2] = (unsigned char)(n >> 8);
		frame[3] = (unsigned char)n;
	}
	memcpy(frame + head + 4, text, n);	/* a mask of zeros */
	send_all(c, frame, head + 4 + n);
}

static void
send_format(struct client *c, const char *format, const char *arg)
{
	char text[TOKEN_BYTES + 128];

	snprintf(text, sizeof(text), format, arg);
	send_text(c, text);
}

static void
start_client(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct client *c = &clients[n_started++];
	static const char hello[] = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: "
	    "market\r\nConnection: Upgrade\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	int one = 1;

	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	ev.data.ptr = c;
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
	send_all(c, hello, sizeof(hello) - 1);
}

/* --- In --- */

static bool
begins(const char *p, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(p, with, strlen(with)) == 0;
}

static void
hear_message(struct client *c, const char *p, size_t n)
{
	const char *at = memmem(p, n, "\"message\":\"t", 12);

	c->messages++;
	if (at != NULL)
		note(&late, &n_late, &cap_late, now_us() - strtoll(at + 12, NULL, 10));
}

/* "43/chat,<100 + number>[{…}]" */
static void
take_ack(const char *p, size_t n)
{
	size_t number = strtoul(p + 8, NULL, 10) - 100;

	if (number >= n_asked)
		return;
	if (memmem(p, n, "\"ok\":true", 9) != NULL)
		note(&acked, &n_acked, &cap_acked, now_us() - asked[number]);
	else if (refused++ == 0)
		fprintf(stderr, "market: refused: %.*s\n", (int)n, p);
}

static void
hear(struct client *c, const char *p, size_t n)
{
	if (begins(p, n, "42/chat,[\"chat:message\"")) {
		hear_message(c, p, n);
	} else if (begins(p, n, "42[\"live:product:soldout\"")) {
		c->soldouts++;
		note(&sold, &n_sold, &cap_sold, now_us());
	} else if (begins(p, n, "2")) {
		send_text(c, "3");
	} else if (begins(p, n, "0{")) {
		send_format(c, "40{\"token\":\"%s\"}", c->token);
		send_format(c, "40/chat,{\"token\":\"%s\"}", c->token);
		send_format(c, "40/streaming,{\"token\":\"%s\"}", c->token);
	} else if (begins(p, n, "40{")) {
		send_format(c, "421[\"join:stream\",\"%s\"]", key);
	} else if (begins(p, n, "40/chat,")) {
		send_format(c, "42/chat,1[\"chat:join-room\",\"%s\"]", key);
	} else if (begins(p, n, "40/streaming,")) {
		send_format(c, "42/streaming,1[\"stream:viewer:join\",\"%s\"]", key);
	} else if (begins(p, n, "43/chat,") && c->ready) {
		take_ack(p, n);
	} else if (begins(p, n, "43")) {
		if (memmem(p, n, "\"ok\":true", 9) == NULL) {
			fprintf(stderr, "market: refused: %.*s\n", (int)n, p);
			exit(1);
		}
		if (++c->acks == NAMESPACES) {
			c->ready = true;
			n_ready++;
		}
	} else if (begins(p, n, "44")) {
		fprintf(stderr, "market: refused: %.*s\n", (int)n, p);
		exit(1);
	} else if (memmem(p, n < 32 ? n : 32, "[\"gap\"", 6) != NULL) {
		c->gaps++;
	}
}

/* One frame at p; its bytes, 0: not all of it has come. */
static size_t
take_frame(struct client *c, const unsigned char *p, size_t n)
{
	size_t head = 2, len;
	int i;

	if (n < 2)
		return 0;
	if ((len = p[1] & 0x7f) >= 126) {
		size_t wide = len == 126 ? 2 : 8;

		if (n < (head += wide))
			return 0;
		for (len = 0, i = 0; i < (int)wide; i++)
			len = len << 8 | p[2 + i];
	}
	if (n < head + len)
		return 0;
	if ((p[0] & 0xf) == 1)
		hear(c, (const char *)p + head, len);
	else if ((p[0] & 0xf) == 8)
		end_client(c, "closed by the server");
	return head + len;
}

static size_t
take_bytes(struct client *c, const char *p, size_t n)
{
	size_t done = 0, one;

	if (!c->upgraded) {
		const char *end = memmem(p, n, "\r\n\r\n", 4);

		if (end == NULL)
			return 0;
		if (!begins(p, n, "HTTP/1.1 101")) {
			fprintf(stderr, "market: %.*s\n", (int)(n < 200 ? n : 200), p);
			exit(1);
		}
		c->upgraded = true;
		done = (size_t)(end + 4 - p);
	}
	while (!c->ended && (one = take_frame(c, (const unsigned char *)p + done, n - done)) > 0)
		done += one;
	return done;
}

static void
read_client(struct client *c)
{
	size_t have = c->n_rest, done;
	ssize_t n;

	if (c->ended)
		return;
	memcpy(buffer, c->rest, have);
	if ((n = recv(c->fd, buffer + have, sizeof(buffer) - have, 0)) <= 0) {
		if (n == 0 || errno != EAGAIN)
			end_client(c, n == 0 ? "end of file" : strerror(errno));
		return;
	}
	have += (size_t)n;
	done = take_bytes(c, buffer, have);
	c->n_rest = have - done;
	if (c->n_rest > 0 && (c->rest = realloc(c->rest, c->n_rest)) == NULL)
		abort();
	memcpy(c->rest, buffer + done, c->n_rest);
}

/* --- The run --- */

static void
read_tokens(const char *file)
{
	char line[TOKEN_BYTES];
	FILE *f = fopen(file, "r");
	int cap = 0;

	if (f == NULL)
		give_up(file);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (n_clients == cap && (clients = realloc(clients,
		    (size_t)(cap = cap * 2 + 64) * sizeof(*clients))) == NULL)
			abort();
		clients[n_clients++] = (struct client){ .token = strdup(line), .rest = malloc(1) };
	}
	fclose(f);
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t
percentile(int64_t *v, size_t n, double p)
{
	size_t i = (size_t)((double)n * p);

	return n == 0 ? 0 : v[i < n ? i : n - 1];
}

static void
report(void)
{
	uint32_t least = UINT32_MAX, most = 0, once = 0, few = UINT32_MAX, many = 0, gaps = 0;
	int i;

	for (i = 0; i < n_clients; i++) {
		const struct client *c = &clients[i];

		least = c->soldouts < least ? c->soldouts : least;
		most = c->soldouts > most ? c->soldouts : most;
		once += c->soldouts == 1;
		few = c->messages < few ? c->messages : few;
		many = c->messages > many ? c->messages : many;
		gaps += c->gaps;
	}
	qsort(late, n_late, sizeof(*late), by_size);
	qsort(acked, n_acked, sizeof(*acked), by_size);
	qsort(sold, n_sold, sizeof(*sold), by_size);
	printf(
	    "{\"clients\":%d,\"ended\":%d,\"soldout\":{\"once\":%u,\"least\":%u,\"most\":%u,\"first\":%lld,\"p50\":%lld,\"p99\":%lld,\"last\":%lld},"
	    "\"chat\":{\"heard\":%zu,\"least\":%u,\"most\":%u,\"gaps\":%u,\"p50\":%lld,\"p99\":%lld,\"max\":%lld},"
	    "\"ack\":{\"n\":%zu,\"refused\":%u,\"p50\":%lld,\"p99\":%lld}}\n", n_clients, n_ended, once, least, most,
	    (long long)percentile(sold, n_sold, 0), (long long)percentile(sold, n_sold, 0.5),
	    (long long)percentile(sold, n_sold, 0.99),
	    (long long)percentile(sold, n_sold, 1), n_late, few, many, gaps, (long long)percentile(late, n_late, 0.5),
	    (long long)percentile(late, n_late, 0.99), (long long)percentile(late, n_late, 1), n_acked, refused,
	    (long long)percentile(acked, n_acked, 0.5), (long long)percentile(acked, n_acked, 0.99));
}

/* Whether standard input has ended. */
static bool
obey(void)
{
	uint32_t least = UINT32_MAX;
	int i;

	if (read(0, buffer, 1) <= 0)
		return true;
	if (buffer[0] == 't' || buffer[0] == 's')
		talk_began = buffer[0] == 't' ? now_us() : 0;
	if (buffer[0] != '?')
		return false;
	for (i = 0; i < n_clients; i++)
		least = clients[i].messages < least ? clients[i].messages : least;
	printf("heard %u %zu %zu %u\n", least, n_asked, n_acked, refused);
	fflush(stdout);
	return false;
}

/* Everything that is due by now, from one client after the other. */
static void
talk(void)
{
	char body[256];

	while (talk_began > 0 && now_us() >= talk_began + (int64_t)n_asked * 1000000 / rate) {
		struct client *c = &clients[n_asked % (size_t)n_clients];

		note(&asked, &n_asked, &cap_asked, now_us());
		snprintf(body, sizeof(body),
		    "42/chat,%zu[\"chat:send-message\",{\"streamKey\":\"%s\",\"message\":\"t%lld message %zu of the "
		    "flash sale\"}]",
		    n_asked + 99, key, (long long)asked[n_asked - 1], n_asked);
		if (!c->ended)
			send_text(c, body);
	}
}

int
main(int argc, char **argv)
{
	struct rlimit limit = { 0, 0 };
	struct epoll_event events[TURN_EVENTS], in = { .events = EPOLLIN };
	int i, n, parallel;
	bool said = false, over = false;
	time_t began = time(NULL);

	if (argc != 6)
		return fprintf(stderr, "usage: market PORT STREAM_KEY TOKENS PARALLEL RATE\n"), 2;
	prctl(PR_SET_PDEATHSIG, 9);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	key = argv[2];
	read_tokens(argv[3]);
	parallel = atoi(argv[4]);
	rate = atoi(argv[5]);
	if ((epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
		give_up("epoll");
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &in);	/* data.ptr NULL: standard input */
	while (!over) {
		while (n_started < n_clients && n_started - n_ready - n_ended < parallel)
			start_client();
		talk();
		n = epoll_wait(epoll_fd, events, TURN_EVENTS, talk_began > 0 ? 2 : 1000);
		for (i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				over = obey();
			else
				read_client(events[i].data.ptr);
		if (!said && n_ready + n_ended == n_clients) {
			said = true;
			printf("ready %d\n", n_ready);
			fflush(stdout);
		}
		if (!said && time(NULL) - began > CONNECT_S)
			return fprintf(stderr, "market: %d of %d are in after %d s\n", n_ready, n_clients, CONNECT_S),
			    1;
	}
	report();
	return 0;
}
