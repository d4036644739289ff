/* flapper.c -- clients whose network comes and goes, and the tally of what reaches them: one thread, epoll.
 *
 * flapper key=value...: `sockets` clients of `port` subscribe to `room`, `parallel` handshakes at a time, as the
 * official client of proto=sio does (CONNECT with pid and offset after a cut; a session that was not recovered
 * subscribes anew) or that of proto=centrifugo (subscribe with recover, epoch and offset). Events carry "number":N,
 * from 1, and "t":"nanoseconds" of the monotonic clock. A client that is cut, or refused, comes again after RETRY_MS,
 * give or take half, doubled each time to RETRY_MAX_MS. After "flap" each client loses its network after one to
 * flap_s seconds at random, with a reset, and has it again 1 to 5 s later. Commands on standard input, a line each:
 * "flap" and "calm", "forget" (latencies), "?" (one line of JSON), the end. Of JSON: clients connected; the lowest and
 * highest last number; numbers that never came, came twice or late; cuts; sessions recovered and made anew; latencies.
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

#include "latency.h"

enum { READ_BYTES = 1 << 18, EVENTS = 512, TEXT_MAX = 64, RETRY_MS = 1000, RETRY_MAX_MS = 5000,
    AWAY_MIN_MS = 1000, AWAY_MS = 4000, GIVE_UP_MS = 20000 };
enum state { AWAY, UPGRADING, OPENING, JOINING, SUBSCRIBING, READY };

struct client {
	int		 fd;
	enum state	 state;
	int		 tries;			/* since it was last READY */
	bool		 asked;			/* it asked for recovery */
	int64_t		 at_ms;			/* AWAY: when it comes; else: when its network goes, 0: it does not */
	char		*rest;
	size_t		 n_rest;
	uint32_t	 last;
	uint64_t	 offset;		/* Centrifugo's */
	char		 pid[TEXT_MAX], sio_offset[TEXT_MAX], epoch[TEXT_MAX];
};

static struct {
	int		 port, sockets, parallel, flap_s;
	bool		 centrifugo;
	const char	*room, *path;
} opt = { .parallel = 64, .flap_s = 8, .room = "flap", .path = "/socket.io/?EIO=4&transport=websocket" };

static struct client *clients;
static char buffer[READ_BYTES], hello[512];
static int epoll_fd, n_ready, n_opening;
static bool flapping;
static uint64_t missing, doubled, cuts, recovered, fresh, refused, received;

static void
give_up(const char *what)
{
	fprintf(stderr, "flapper: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_ms(void)
{
	return now_ns() / 1000000;
}

static int64_t
some(int64_t n)
{
	return n > 0 ? (int64_t)random() % n : 0;
}

/* --- What is measured --- */

static void
report(void)
{
	uint32_t lowest = UINT32_MAX, highest = 0;
	int i;

	for (i = 0; i < opt.sockets; i++) {
		lowest = clients[i].last < lowest ? clients[i].last : lowest;
		highest = clients[i].last > highest ? clients[i].last : highest;
	}
	printf("{\"ready\":%d,\"lowest\":%u,\"highest\":%u,\"received\":%llu,\"missing\":%llu,"
	    "\"doubled\":%llu,\"cuts\":%llu,"
	    "\"recovered\":%llu,\"fresh\":%llu,\"refused\":%llu,\"p50_us\":%.0f,\"p99_us\":%.0f}\n", n_ready, lowest,
	    highest, (unsigned long long)received, (unsigned long long)missing, (unsigned long long)doubled,
	    (unsigned long long)cuts, (unsigned long long)recovered, (unsigned long long)fresh,
	    (unsigned long long)refused, quantile_us(0.5), quantile_us(0.99));
	fflush(stdout);
}

/* --- Coming and going --- */

static void
say(struct client *c, const char *text)
{
	unsigned char frame[512] = { 0x81 };
	size_t n = strlen(text), head = n < 126 ? 6 : 8;

	frame[1] = (unsigned char)(0x80 | (n < 126 ? n : 126));	/* masked with zeros */
	if (n >= 126) {
		frame[2] = (unsigned char)(n >> 8);
		frame[3] = (unsigned char)n;
	}
	memcpy(frame + head, text, n);
	(void)!send(c->fd, frame, head + n, MSG_NOSIGNAL);	/* the read side sees an error */
}

static void
leave(struct client *c, int64_t back_in_ms)
{
	struct linger reset = { 1, 0 };

	if (c->state == AWAY)
		return;
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(c->fd);
	n_ready -= c->state == READY;
	n_opening -= c->state != READY;
	cuts += c->state == READY;
	refused += c->state != READY;
	c->state = AWAY;
	c->n_rest = 0;
	c->at_ms = now_ms() + back_in_ms;
}

/* As the official clients do after a cut that is not theirs. */
static void
retry(struct client *c)
{
	int64_t ms = (int64_t)RETRY_MS << (c->tries < 4 ? c->tries : 4);

	ms = ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
	c->tries++;
	leave(c, ms / 2 + some(ms));
}

static void
start(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port) };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		give_up("socket");
	c->state = UPGRADING;
	n_opening++;
	c->at_ms = now_ms() + GIVE_UP_MS;
	if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		retry(c);
		return;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	(void)!send(c->fd, hello, strlen(hello), MSG_NOSIGNAL);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
}

static void
plan_cut(struct client *c)
{
	c->at_ms = flapping ? now_ms() + 1000 + some((int64_t)opt.flap_s * 1000) : 0;
}

static void
become_ready(struct client *c, bool was_recovered)
{
	c->state = READY;
	n_opening--;
	n_ready++;
	c->tries = 0;
	recovered += c->asked && was_recovered;
	fresh += c->asked && !was_recovered;
	plan_cut(c);
}

/* --- What comes --- */

static void
take_number(struct client *c, const char *p, size_t n)
{
	const char *hit = memmem(p, n, "\"number\":", 9), *t;
	uint32_t number;

	if (hit == NULL)
		return;
	number = (uint32_t)strtoul(hit + 9, NULL, 10);
	if (number <= c->last) {
		doubled++;
		return;
	}
	received++;
	missing += number - c->last - 1;
	c->last = number;
	if ((t = memmem(p, n, "\"t\":\"", 5)) != NULL)
		count_latency(now_ns() - strtoll(t + 5, NULL, 10));
}

/* The text behind the last hit of `key` up to the next quote. */
static void
keep_text(char out[TEXT_MAX], const char *p, size_t n, const char *key)
{
	const char *hit = memmem(p, n, key, strlen(key)), *end;

	if (hit == NULL)
		return;
	hit += strlen(key);
	end = memchr(hit, '"', (size_t)(p + n - hit));
	if (end != NULL && end - hit < TEXT_MAX) {
		memcpy(out, hit, (size_t)(end - hit));
		out[end - hit] = '\0';
	}
}

static bool
begins(const char *p, size_t n, const char *with)
{
	return n >= strlen(with) && memcmp(p, with, strlen(with)) == 0;
}

/* An offset is the last argument of an event, if that is a text: ...,"offset"] */
static void
keep_offset(struct client *c, const char *p, size_t n)
{
	const char *from;

	if (n < 4 || p[n - 1] != ']' || p[n - 2] != '"' || (from = memrchr(p, '"', n - 2)) == NULL || from[-1] != ',')
		return;
	if (p + n - 3 - from < TEXT_MAX - 1) {
		memcpy(c->sio_offset, from + 1, (size_t)(p + n - 3 - from));
		c->sio_offset[p + n - 3 - from] = '\0';
	}
}

static void
sio_connect(struct client *c)
{
	char text[256] = "40", *p = text + 2;

	c->asked = *c->pid != '\0';
	if (c->asked && *c->sio_offset != '\0')
		sprintf(p, "{\"pid\":\"%s\",\"offset\":\"%s\"}", c->pid, c->sio_offset);
	else if (c->asked)
		sprintf(p, "{\"pid\":\"%s\"}", c->pid);
	say(c, text);
	c->state = JOINING;
}

static void
sio_joined(struct client *c, const char *p, size_t n)
{
	char pid[TEXT_MAX] = "", text[128];

	keep_text(pid, p, n, "\"pid\":\"");
	if (c->asked && *pid != '\0' && strcmp(pid, c->pid) == 0) {
		become_ready(c, true);
		return;
	}
	memcpy(c->pid, pid, sizeof(pid));
	*c->sio_offset = '\0';
	snprintf(text, sizeof(text), "420[\"subscribe-analysis\",\"%s\"]", opt.room);
	say(c, text);
	c->state = SUBSCRIBING;
}

static void
sio_take(struct client *c, const char *p, size_t n)
{
	if (n == 1 && *p == '2') {
		say(c, "3");
	} else if (c->state == OPENING && n > 0 && *p == '0') {
		sio_connect(c);
	} else if (c->state == JOINING && begins(p, n, "40")) {
		sio_joined(c, p, n);
	} else if (c->state == SUBSCRIBING && begins(p, n, "430")) {
		become_ready(c, false);
	} else if (begins(p, n, "42")) {
		keep_offset(c, p, n);
		if (!begins(p, n, "42[\"analysis:"))	/* Dure tells each event under the name of its task, too */
			take_number(c, p, n);
	}
}

/* Each publication of a reply or a push has its offset behind its data. */
static void
centrifugo_publications(struct client *c, const char *p, size_t n)
{
	const char *end = p + n, *hit;

	while ((hit = memmem(p, (size_t)(end - p), "\"data\":{\"number\"", 16)) != NULL) {
		const char *close = memchr(hit + 8, '}', (size_t)(end - hit - 8)), *offset;

		if (close == NULL)
			return;
		take_number(c, hit, (size_t)(close - hit));
		if ((offset = memmem(close, (size_t)(end - close), "\"offset\":", 9)) != NULL)
			c->offset = strtoull(offset + 9, NULL, 10);
		p = close;
	}
}

static void
centrifugo_subscribe(struct client *c)
{
	char text[256];

	c->asked = *c->epoch != '\0';
	if (c->asked)
		snprintf(text, sizeof(text), "{\"id\":2,\"subscribe\":{\"channel\":\"%s\",\"recover\":true,"
		    "\"epoch\":\"%s\",\"offset\":%llu}}", opt.room, c->epoch, (unsigned long long)c->offset);
	else
		snprintf(text, sizeof(text), "{\"id\":2,\"subscribe\":{\"channel\":\"%s\"}}", opt.room);
	say(c, text);
	c->state = SUBSCRIBING;
}

static void
centrifugo_subscribed(struct client *c, const char *p, size_t n)
{
	bool was = memmem(p, n, "\"recovered\":true", 16) != NULL;
	const char *hit;

	keep_text(c->epoch, p, n, "\"epoch\":\"");
	centrifugo_publications(c, p, n);
	if (!was && (hit = memmem(p, n, "\"offset\":", 9)) != NULL)
		c->offset = strtoull(hit + 9, NULL, 10);
	become_ready(c, was);
}

static void
centrifugo_take(struct client *c, const char *p, size_t n)
{
	if (n == 2 && begins(p, n, "{}"))
		say(c, "{}");
	else if (c->state == JOINING && memmem(p, n, "\"connect\"", 9) != NULL)
		centrifugo_subscribe(c);
	else if (c->state == SUBSCRIBING && memmem(p, n, "\"subscribe\"", 11) != NULL)
		centrifugo_subscribed(c, p, n);
	else if (c->state == READY)
		centrifugo_publications(c, p, n);
}

static void
take_text(struct client *c, const char *p, size_t n)
{
	const char *end = p + n, *line;

	if (!opt.centrifugo) {
		sio_take(c, p, n);
		return;
	}
	for (; p < end; p = line + 1) {		/* several objects a frame, a line each */
		if ((line = memchr(p, '\n', (size_t)(end - p))) == NULL)
			line = end;
		if (line > p)
			centrifugo_take(c, p, (size_t)(line - p));
	}
}

/* The bytes that whole frames occupied; more than `n`: it is cut. */
static size_t
take_frames(struct client *c, const char *p, size_t n)
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
		if ((u[0] & 15) == 8)
			return n + 1;
		if ((u[0] & 15) == 1)
			take_text(c, (const char *)u + head, length);
	}
	return taken;
}

static void
keep_rest(struct client *c, const char *p, size_t n)
{
	if (n > c->n_rest && (c->rest = realloc(c->rest, n)) == NULL)
		give_up("memory");
	if (n > 0)
		memcpy(c->rest, p, n);
	c->n_rest = n;
}

/* The bytes of the answer's head; 0: it is not whole. */
static size_t
take_head(struct client *c, size_t n)
{
	const char *end = memmem(buffer, n, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	c->state = OPENING;
	if (opt.centrifugo) {
		say(c, "{\"id\":1,\"connect\":{}}");
		c->state = JOINING;
	}
	return (size_t)(end - buffer) + 4;
}

static void
read_client(struct client *c)
{
	size_t n = c->n_rest, taken = 0;
	ssize_t got;

	if (n > 0)
		memcpy(buffer, c->rest, n);
	got = recv(c->fd, buffer + n, sizeof(buffer) - n, 0);
	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			retry(c);
		return;
	}
	n += (size_t)got;
	if (c->state == UPGRADING && (n < 12 || memcmp(buffer, "HTTP/1.1 101", 12) != 0)) {
		retry(c);		/* refused for now */
		return;
	}
	if (c->state == UPGRADING)
		taken = take_head(c, n);
	if (c->state != UPGRADING)
		taken += take_frames(c, buffer + taken, n - taken);
	if (taken > n)
		retry(c);
	else
		keep_rest(c, buffer + taken, n - taken);
}

/* --- Time --- */

/* Look at every client: whose network goes, who comes again, who waits in vain. */
static void
look_at_all(void)
{
	int64_t now = now_ms();
	int i;

	for (i = 0; i < opt.sockets; i++) {
		struct client *c = &clients[i];

		if (c->at_ms == 0 || c->at_ms > now)
			continue;
		if (c->state == READY)
			leave(c, AWAY_MIN_MS + some(AWAY_MS));
		else if (c->state != AWAY)
			retry(c);
		else if (n_opening < opt.parallel)
			start(c);
	}
}

static void
set_flapping(bool on)
{
	int i;

	flapping = on;
	for (i = 0; i < opt.sockets; i++)
		if (clients[i].state == READY)
			plan_cut(&clients[i]);
}

/* False at the end of standard input. */
static bool
take_command(void)
{
	char text[64];
	ssize_t n = read(0, text, sizeof(text));
	int i;

	for (i = 0; i < n; i++)
		if (text[i] == '?')
			report();
	if (n >= 4 && memcmp(text, "flap", 4) == 0)
		set_flapping(true);
	else if (n >= 4 && memcmp(text, "calm", 4) == 0)
		set_flapping(false);
	else if (n >= 6 && memcmp(text, "forget", 6) == 0)
		memset(&latency, 0, sizeof(latency));
	return n > 0;
}

static void
take_option(const char *arg)
{
	static const struct { const char *name; int *to; } ints[] = { { "port", &opt.port },
	    { "sockets", &opt.sockets },
	    { "parallel", &opt.parallel }, { "flap_s", &opt.flap_s } };
	const char *value = strchr(arg, '=');
	size_t i;

	if (value++ == NULL)
		return;
	for (i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		if (strncmp(arg, ints[i].name, (size_t)(value - arg - 1)) == 0 && ints[i].name[value - arg - 1] == '\0')
			*ints[i].to = atoi(value);
	if (strncmp(arg, "room=", 5) == 0)
		opt.room = value;
	if (strcmp(arg, "proto=centrifugo") == 0) {
		opt.centrifugo = true;
		opt.path = "/connection/websocket";
	}
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS], input = { .events = EPOLLIN };
	struct rlimit limit;
	int64_t looked = 0;
	bool going = true;
	int i, n;

	for (i = 1; i < argc; i++)
		take_option(argv[i]);
	prctl(PR_SET_PDEATHSIG, 9);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if ((clients = calloc((size_t)opt.sockets, sizeof(*clients))) == NULL ||
	    (epoll_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
		give_up("start");
	for (i = 0; i < opt.sockets; i++)
		clients[i].at_ms = 1;
	snprintf(hello, sizeof(hello),
	    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", opt.path, opt.port);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, 0, &input);
	while (going) {
		if (now_ms() - looked >= 10 || (n_opening < opt.parallel / 2 && n_ready + n_opening < opt.sockets)) {
			look_at_all();
			looked = now_ms();
		}
		n = epoll_wait(epoll_fd, events, EVENTS, 10);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == NULL)
				going = take_command();
			else if (((struct client *)events[i].data.ptr)->state != AWAY)
				read_client(events[i].data.ptr);
		}
	}
	return 0;
}
