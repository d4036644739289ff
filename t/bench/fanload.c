/* fanload.c -- the load client of the fanout's benchmarks: one thread, epoll, thousands of WebSockets over loopback.
 *
 * fanload key=value...: connects `sockets` clients, `parallel` handshakes at a time, from 127.0.0.1 and its neighbours
 * (a source address has 28,000 ports); with proto=sio as the official client does (open, CONNECT, and the acknowledged
 * subscribe-analysis when a `room` is given), with proto=raw the WebSocket alone. Then, for `seconds`, publishes events
 * of `size` bytes to the room through Redis in the wire form of worker/domain/core/room.h: `rate` a second, or as many
 * as keep `window` events outstanding (an event is done when every reader has it). `stopped` clients do not read
 * meanwhile. With deflate=1 permessage-deflate is offered; what comes deflated is counted, not read, and has no
 * latency. `traced` of a hundred events carry a trace. `pids` (comma) are the server's: their CPU time is taken over
 * the load, the memory of the first before and after. Prints one line of JSON. Each event carries the nanosecond of
 * its publication; each reader counts its events.
 */
#include <arpa/inet.h>
#include <errno.h>
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

#include "latency.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum { PIDS_MAX = 8, RING = 4096, READ_BYTES = 1 << 18, TURN_EVENTS = 512, PORTS_AN_ADDRESS = 20000,
    STOPPED_RCVBUF = 8192 };

#define NS		((int64_t)1000000000)
#define SETTLE_NS	(NS / 2)
#define DRAIN_NS	(2 * NS)
#define CONNECT_NS	(60 * NS)
#define LOOK_NS		(NS / 10)

enum state { UPGRADING, OPENING, JOINING, SUBSCRIBING, READY, ENDED };

struct client {
	int		 fd;
	enum state	 state;
	bool		 stopped;
	char		*rest;		/* the beginning of a frame */
	size_t		 n_rest;
	uint32_t	 seen;		/* events */
};

static struct {
	int		 port, redis, sockets, parallel, size, window, rate, stopped, seconds;
	bool		 sio;
	const char	*room, *path;
	pid_t		 pids[PIDS_MAX];
	int		 n_pids, class, deflate, traced;
} opt = { .parallel = 64, .size = 200, .sio = true, .seconds = 3, .path = "/socket.io/?EIO=4&transport=websocket" };

static struct client *clients;
static char buffer[READ_BYTES];
static int epoll_fd, redis_fd = -1;
static int n_started, n_ready, n_ended, n_readers;
static uint64_t deliveries, bytes_in;
static uint32_t published, completed, left[RING];	/* readers an event has still to reach */
static char publication[1 << 17], hello[512];

static void
give_up(const char *what)
{
	fprintf(stderr, "fanload: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- What is measured --- */

/* CPU seconds of the servers, all threads. */
static double
cpu_s(int first, int end)
{
	struct timespec t;
	clockid_t clock;
	double sum = 0;
	int i;

	for (i = first; i < end; i++)
		if (clock_getcpuclockid(opt.pids[i], &clock) == 0 && clock_gettime(clock, &t) == 0)
			sum += (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	return sum;
}

static double
own_cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes of anonymous resident memory of the first server: what is its own. */
static int64_t
memory_bytes(void)
{
	char path[64], line[256];
	long long kb = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)opt.pids[0]);
	if (opt.n_pids == 0 || (f = fopen(path, "r")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL && sscanf(line, "RssAnon: %lld", &kb) != 1)
		;
	fclose(f);
	return kb * 1024;
}

/* --- One client --- */

static void
send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return;		/* the read side will see it */
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
}

/* A text frame, masked with zeros. */
static void
send_text(struct client *c, const char *text)
{
	size_t n = strlen(text);
	char frame[256] = { (char)0x81, (char)(0x80 | n) };

	memcpy(frame + 6, text, n);
	send_all(c->fd, frame, n + 6);
}

/* One source address has ports for so many; the next ones need another. */
static void
choose_source(int fd)
{
	static int serial;
	struct sockaddr_in from = { .sin_family = AF_INET };
	int on = 1;

	if (serial++ < PORTS_AN_ADDRESS)
		return;
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(serial / PORTS_AN_ADDRESS));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		give_up("bind");
}

static void
start(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port) };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	int small = STOPPED_RCVBUF;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		give_up("socket");
	choose_source(c->fd);
	c->stopped = c - clients < opt.stopped;
	if (c->stopped)
		setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		give_up("connect");
	send_all(c->fd, hello, strlen(hello));		/* on loopback it is connected by now */
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
	n_started++;
}

/* Leave no port behind in TIME_WAIT. */
static void
reset_all(void)
{
	struct linger reset = { 1, 0 };
	int i;

	for (i = 0; i < n_started; i++)
		if (clients[i].state != ENDED)
			setsockopt(clients[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

static void
become_ready(struct client *c)
{
	c->state = READY;
	n_ready++;
}

static void
end(struct client *c)
{
	if (c->state == ENDED)
		return;
	if (!c->stopped) {
		errno = 0;
		give_up(c->state == READY ? "the server closed a socket that reads" : "a handshake failed");
	}
	c->state = ENDED;
	close(c->fd);
	n_ended++;
}

static void
count_event(struct client *c)
{
	deliveries++;
	if (!c->stopped && --left[c->seen++ % RING] == 0)
		completed++;
}

/* An event: {"requestId":…,"seq":…,"t":"nanoseconds",…. A string, because not every server keeps a number of 64 bits.
 */
static void
take_event(struct client *c, const char *p, size_t n, int64_t now)
{
	static size_t offset;		/* the same in every event of a server */

	if (offset + 26 > n || memcmp(p + offset, "\"t\":\"", 5) != 0) {
		const char *hit = memmem(p, n, "\"t\":\"", 5);

		if (hit == NULL)
			return;		/* `connected` and the like */
		offset = (size_t)(hit - p);
	}
	count_latency(now - strtoll(p + offset + 5, NULL, 10));
	count_event(c);
}

static void
take_frame(struct client *c, const char *p, size_t n, int64_t now)
{
	char text[128];

	if (c->state == READY) {
		if (n == 1 && *p == '2' && opt.sio)
			send_text(c, "3");
		else
			take_event(c, p, n, now);
	} else if (c->state == OPENING && *p == '0') {
		send_text(c, "40");
		c->state = JOINING;
	} else if (c->state == JOINING && n > 2 && memcmp(p, "40", 2) == 0 && opt.room == NULL) {
		become_ready(c);
	} else if (c->state == JOINING && n > 2 && memcmp(p, "40", 2) == 0) {
		snprintf(text, sizeof(text), "420[\"subscribe-analysis\",\"%s\"]", opt.room);
		send_text(c, text);
		c->state = SUBSCRIBING;
	} else if (c->state == SUBSCRIBING && n > 3 && memcmp(p, "430", 3) == 0) {
		become_ready(c);
	}
}

/* The bytes that whole frames occupied. */
static size_t
take_frames(struct client *c, const char *p, size_t n, int64_t now)
{
	size_t taken = 0, head, length;
	const unsigned char *u;

	for (; n - taken >= 2; taken += head + length) {
		u = (const unsigned char *)p + taken;
		head = u[1] < 126 ? 2 : u[1] == 126 ? 4 : 10;
		if (n - taken < head)
			break;
		length = u[1] < 126 ? u[1] : u[1] == 126 ? (size_t)(u[2] << 8 | u[3]) :
		    (size_t)u[6] << 24 | (size_t)u[7] << 16 | (size_t)u[8] << 8 | u[9];
		if (n - taken - head < length)
			break;
		if ((u[0] & 0x40) != 0)
			count_event(c);
		else if ((u[0] & 15) == 1)
			take_frame(c, (const char *)u + head, length, now);
	}
	return taken;
}

static void
keep_rest(struct client *c, const char *p, size_t n)
{
	if (n > 0 && (c->rest = realloc(c->rest, n)) == NULL)
		give_up("memory");
	if (n > 0)
		memcpy(c->rest, p, n);
	c->n_rest = n;
}

static void
read_client(struct client *c)
{
	size_t n = c->n_rest, taken = 0;
	ssize_t got;
	char *headers_end;

	if (n > 0)
		memcpy(buffer, c->rest, n);
	got = recv(c->fd, buffer + n, sizeof(buffer) - n, 0);
	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			end(c);
		return;
	}
	bytes_in += (uint64_t)got;
	n += (size_t)got;
	if (c->state == UPGRADING) {
		if ((headers_end = memmem(buffer, n, "\r\n\r\n", 4)) == NULL) {
			keep_rest(c, buffer, n);
			return;
		}
		if (memcmp(buffer, "HTTP/1.1 101", 12) != 0)
			end(c);
		taken = (size_t)(headers_end - buffer) + 4;
		c->state = OPENING;
		if (!opt.sio)
			become_ready(c);
	}
	taken += take_frames(c, buffer + taken, n - taken, now_ns());
	keep_rest(c, buffer + taken, n - taken);
}

static void
turn(int64_t timeout_ns)
{
	struct epoll_event events[TURN_EVENTS];
	struct timespec timeout = { timeout_ns / NS, timeout_ns % NS };
	int i, n = epoll_pwait2(epoll_fd, events, TURN_EVENTS, &timeout, NULL);

	for (i = 0; i < n; i++) {
		if (events[i].data.ptr != NULL)
			read_client(events[i].data.ptr);
		else if (recv(redis_fd, buffer, sizeof(buffer), 0) == 0)
			give_up("Redis closed the connection");
	}
}

static double
connect_all(void)
{
	int64_t from = now_ns(), until = from + CONNECT_NS;

	while (n_ready < opt.sockets) {
		while (n_started < opt.sockets && n_started - n_ready < opt.parallel)
			start(&clients[n_started]);
		turn(LOOK_NS);
		if (now_ns() > until) {
			fprintf(stderr, "fanload: %d of %d connected in time\n", n_ready, opt.sockets);
			exit(1);
		}
	}
	return (double)opt.sockets / ((double)(now_ns() - from) / 1e9);
}

static void
settle(void)
{
	int64_t until = now_ns() + SETTLE_NS, rest;

	while ((rest = until - now_ns()) > 0)
		turn(rest);
}

/* --- Load --- */

static void
connect_redis(void)
{
	static const char quiet[] = "CLIENT REPLY OFF\r\n";	/* an answer would only wake us */
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.redis) };
	struct epoll_event ev = { .events = EPOLLIN };
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	redis_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(redis_fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		give_up("Redis");
	setsockopt(redis_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	send_all(redis_fd, quiet, sizeof(quiet) - 1);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, redis_fd, &ev);
}

/* Append the command that publishes the next event. */
static size_t
put_event(char *out)
{
	static int64_t seq;
	char channel[128], body[1 << 16];
	struct timespec t;
	int n, head;

	clock_gettime(CLOCK_REALTIME, &t);
	seq = seq + 1 > t.tv_sec * 1000000 + t.tv_nsec / 1000 ? seq + 1 : t.tv_sec * 1000000 + t.tv_nsec / 1000;
	head = sprintf(body, "%lld %d analysis-update -", (long long)seq, opt.class);
	if ((int)(published % 100) < opt.traced)
		head += sprintf(body + head, " 00-0af7651916cd43dd8448eb21%08x-b7ad6b7169203331-01", published);
	body[head++] = '\n';
	n = head + sprintf(body + head, "{\"requestId\":\"%s\",\"seq\":%u,\"t\":\"%020lld\",\"pad\":\"", opt.room,
	    published, (long long)now_ns());
	for (; n < head + opt.size - 2; n++)
		body[n] = 'x';
	n += sprintf(body + n, "\"}");
	body[head + opt.size] = '\0';
	sprintf(channel, "fanout:analysis:%s", opt.room);
	left[published++ % RING] = (uint32_t)n_readers;
	return (size_t)sprintf(out, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%d\r\n%s\r\n", strlen(channel), channel, n,
	    body);
}

/* Publish what is due, in one write. */
static void
publish(uint32_t n)
{
	size_t bytes = 0;

	while (n-- > 0 && bytes + (size_t)opt.size + 512 < sizeof(publication) && published - completed < RING - 1)
		bytes += put_event(publication + bytes);
	send_all(redis_fd, publication, bytes);
}

static void
load(void)
{
	int64_t from = now_ns(), until = from + opt.seconds * NS, now, next;

	while ((now = now_ns()) < until) {
		if (opt.window > 0) {
			if (published - completed < (uint32_t)opt.window)
				publish((uint32_t)opt.window - (published - completed));
			turn(LOOK_NS);
			continue;
		}
		next = from + (int64_t)published * NS / opt.rate;
		if (next <= now)
			publish(1);
		turn(next <= now ? 0 : next - now);
	}
}

static void
drain(void)
{
	int64_t until = now_ns() + DRAIN_NS;

	while (completed < published && now_ns() < until)
		turn(LOOK_NS / 10);
}

/* Those who are to stop are no longer watched. */
static void
stop_some(void)
{
	int i;

	for (i = 0; i < opt.stopped; i++)
		epoll_ctl(epoll_fd, EPOLL_CTL_DEL, clients[i].fd, NULL);
	n_readers = opt.sockets - opt.stopped;
}

/* What the stopped ones find when they read at last: the end, if the server gave them up. */
static int
count_dropped(void)
{
	int i;

	for (i = 0; i < opt.stopped; i++)
		while (clients[i].state != ENDED) {
			ssize_t n = recv(clients[i].fd, buffer, sizeof(buffer), MSG_DONTWAIT);

			if (n < 0)
				break;
			if (n == 0)
				end(&clients[i]);
		}
	for (i = 0; i < opt.stopped; i++) {
		char byte;

		if (clients[i].state != ENDED && recv(clients[i].fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET)
			end(&clients[i]);
	}
	return n_ended;
}

static void
take_option(const char *arg)
{
	static const struct { const char *name; int *to; } ints[] = { { "port", &opt.port }, { "redis", &opt.redis },
	    { "sockets", &opt.sockets }, { "parallel", &opt.parallel }, { "size", &opt.size },
	    { "window", &opt.window },
	    { "rate", &opt.rate }, { "stopped", &opt.stopped }, { "seconds", &opt.seconds }, { "class", &opt.class },
	    { "deflate", &opt.deflate }, { "traced", &opt.traced } };
	const char *value = strchr(arg, '=');
	char *p;
	size_t i;

	if (value++ == NULL)
		value = arg;
	for (i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		if (strncmp(arg, ints[i].name, (size_t)(value - arg - 1)) == 0 && ints[i].name[value - arg - 1] == '\0')
			*ints[i].to = atoi(value);
	if (strncmp(arg, "room=", 5) == 0)
		opt.room = value;
	else if (strncmp(arg, "path=", 5) == 0)
		opt.path = value;
	else if (strncmp(arg, "proto=", 6) == 0)
		opt.sio = strcmp(value, "sio") == 0;
	else if (strncmp(arg, "pids=", 5) == 0)
		for (p = (char *)(uintptr_t)value; *p != '\0' && opt.n_pids < PIDS_MAX; p += *p == ',')
			opt.pids[opt.n_pids++] = (pid_t)strtol(p, &p, 10);
}

int
main(int argc, char **argv)
{
	struct rlimit limit;
	double handshakes, cpu, cpu_first, seconds, handshake_cpu, own_cpu;
	int64_t before, idle, after, from;
	int i;

	for (i = 1; i < argc; i++)
		take_option(argv[i]);
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if ((clients = calloc((size_t)opt.sockets, sizeof(*clients))) == NULL ||
	    (epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
		give_up("start");
	snprintf(hello, sizeof(hello),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", opt.path, opt.port,
	    opt.deflate ? "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n" : "");
	before = memory_bytes();
	handshake_cpu = cpu_s(0, opt.n_pids);
	own_cpu = own_cpu_s();
	handshakes = connect_all();
	own_cpu = own_cpu_s() - own_cpu;
	handshake_cpu = cpu_s(0, opt.n_pids) - handshake_cpu;
	settle();
	idle = memory_bytes();
	stop_some();
	cpu_first = cpu_s(0, 1);
	cpu = cpu_s(0, opt.n_pids);
	from = now_ns();
	if (opt.redis != 0) {
		connect_redis();
		load();
		drain();
	}
	seconds = (double)(now_ns() - from) / 1e9;
	cpu_first = cpu_s(0, 1) - cpu_first;
	cpu = cpu_s(0, opt.n_pids) - cpu;
	after = memory_bytes();
	printf(
	    "{\"handshakes_s\":%.0f,\"handshake_cpu_us\":%.2f,\"client_cpu_us\":%.2f,\"idle_bytes\":%.0f,\"published\":%u,\"completed\":%u,\"deliveries\":%llu,"
	    "\"deliveries_s\":%.0f,\"cpu_us\":%.4f,\"cpu_all_us\":%.4f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,"
	    "\"grown_bytes\":%lld,\"bytes_in\":%llu,\"dropped\":%d}\n", handshakes, handshake_cpu / opt.sockets * 1e6,
	    own_cpu / opt.sockets * 1e6, (double)(idle - before) / opt.sockets, published, completed,
	    (unsigned long long)deliveries,
	    (double)deliveries / seconds, deliveries > 0 ? cpu_first / (double)deliveries * 1e6 : 0,
	    deliveries > 0 ? cpu / (double)deliveries * 1e6 : 0, quantile_us(0.5), quantile_us(0.9), quantile_us(0.99),
	    (double)latency.worst_ns / 1e3, (long long)(after - idle), (unsigned long long)bytes_in, count_dropped());
	reset_all();
	return completed < published;
}
