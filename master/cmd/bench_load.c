/* bench_load.c -- a closed loop of questions and answers. See bench_load.h.
 *
 * Each connection has one question under way. The slice ends when what was asked in its time is answered, at most
 * DRAIN_MS later: a slow answer then counts for the time that it took.
 */
#include "bench_load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 65536, DRAIN_MS = 5000, ANSWER_MS = 20000, TURN_EVENTS = 64 };

struct line {
	int fd;
	struct str text;
	struct buf in;
	int64_t asked_us;
};

struct loop {
	const struct bench_ask *ask;
	struct bench_count *count;
	struct line lines[BENCH_TEXTS_MAX];
	int epoll, waiting;
	int64_t end_us;
};

static const char *
find_field(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (; p + n < end; p++)
		if (*p == '\n' && strncasecmp(p + 1, name, n) == 0)
			return p + 1 + n;
	return NULL;
}

long
bench_http_length(const char *p, size_t n, bool *good)
{
	const char *end = memmem(p, n, "\r\n\r\n", 4), *length;
	long all;

	*good = n > 9 && p[9] == '2';
	if (n >= 5 && memcmp(p, "HTTP/", 5) != 0)
		return -1;
	if (end == NULL)
		return 0;
	if ((length = find_field(p, end + 2, "content-length:")) == NULL)
		return n > 9 && memcmp(p + 9, "204", 3) == 0 ? end + 4 - p : -1;
	all = end + 4 - p + strtol(length, NULL, 10);
	return n >= (size_t)all ? all : 0;
}

long
bench_redis_length(const char *p, size_t n, bool *good)
{
	const char *end = memchr(p, '\n', n);
	long all;

	*good = n > 0 && *p != '-';
	if (end == NULL)
		return 0;
	all = end + 1 - p;
	if (*p == '$' && p[1] != '-')
		all += strtol(p + 1, NULL, 10) + 2;
	return n >= (size_t)all ? all : 0;
}

int
bench_connect(int port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
send_all(int fd, struct str text)
{
	ssize_t n;

	for (; text.n > 0; text.p += n, text.n -= (size_t)n)
		if ((n = send(fd, text.p, text.n, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

/* Ask, and wait. */
static bool
exchange(int fd, struct str text, long (*length)(const char *, size_t, bool *), struct buf *answer)
{
	struct timeval patience = { .tv_sec = ANSWER_MS / 1000 };
	bool good = false;
	ssize_t n;
	long all = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!send_all(fd, text))
		return false;
	while ((answer->n == 0 || (all = length(answer->p, answer->n, &good)) == 0) &&
	       (n = recv(fd, buf_reserve(answer, READ_BYTES), READ_BYTES, 0)) > 0)
		buf_grow(answer, (size_t)n);
	return all > 0 && good;
}

bool
bench_ask_once(int port, struct str text, long (*length)(const char *, size_t, bool *), struct buf *answer)
{
	int fd = bench_connect(port);
	bool good = fd >= 0 && exchange(fd, text, length, answer);

	if (fd >= 0)
		close(fd);
	return good;
}

static bool
ask(struct loop *l, struct line *c)
{
	c->asked_us = mono_us();
	l->waiting++;
	return send_all(c->fd, c->text);
}

static void
drop(struct loop *l, struct line *c)
{
	l->count->failed++;
	l->waiting--;
	close(c->fd);
	c->fd = -1;
}

static void
take_answer(struct loop *l, struct line *c, long bytes, bool good)
{
	int64_t now_us = mono_us();

	buf_drop(&c->in, (size_t)bytes);
	l->waiting--;
	if (!good)
		l->count->failed++;
	else
		bench_took(l->count, now_us - c->asked_us);
	l->count->n += good;
	if (now_us < l->end_us && !ask(l, c))
		drop(l, c);
}

static void
hear(struct loop *l, struct line *c)
{
	ssize_t n = recv(c->fd, buf_reserve(&c->in, READ_BYTES), READ_BYTES, 0);
	bool good;
	long bytes;

	if (n <= 0) {
		drop(l, c);
		return;
	}
	buf_grow(&c->in, (size_t)n);
	if ((bytes = l->ask->length(c->in.p, c->in.n, &good)) > 0)
		take_answer(l, c, bytes, good);
	else if (bytes < 0)
		drop(l, c);
}

static bool
open_lines(struct loop *l)
{
	int i;

	for (i = 0; i < l->ask->connections; i++) {
		struct line *c = &l->lines[i];
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

		c->text = l->ask->texts[i % l->ask->n_texts];
		if ((c->fd = bench_connect(l->ask->port)) < 0)
			return false;
		if (l->ask->hello.n > 0 && !exchange(c->fd, l->ask->hello, l->ask->length, &c->in))
			return false;
		buf_reset(&c->in);
		epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev);
	}
	return true;
}

static void
converse(struct loop *l, int64_t ms)
{
	struct epoll_event events[TURN_EVENTS];
	int64_t began_us = mono_us(), until_us = began_us + (ms + DRAIN_MS) * 1000;
	int i, n;

	l->end_us = began_us + ms * 1000;
	for (i = 0; i < l->ask->connections; i++)
		if (!ask(l, &l->lines[i]))
			drop(l, &l->lines[i]);
	while (l->waiting > 0 && mono_us() < until_us) {
		n = epoll_wait(l->epoll, events, TURN_EVENTS, 50);
		for (i = 0; i < n; i++)
			hear(l, events[i].data.ptr);
	}
	l->count->failed += l->waiting;
	l->count->us = mono_us() - began_us;
}

bool
bench_load(const struct bench_ask *a, int64_t ms, struct bench_count *c)
{
	struct loop l = { .ask = a, .count = c, .epoll = epoll_create1(EPOLL_CLOEXEC) };
	bool opened;
	int i;

	*c = (struct bench_count){ 0 };
	for (i = 0; i < BENCH_TEXTS_MAX; i++)
		l.lines[i].fd = -1;
	if ((opened = open_lines(&l)))
		converse(&l, ms);
	for (i = 0; i < a->connections; i++) {
		if (l.lines[i].fd >= 0)
			close(l.lines[i].fd);
		buf_fini(&l.lines[i].in);
	}
	close(l.epoll);
	return opened;
}
