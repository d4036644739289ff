/* bench_fan.c -- listeners, and a publisher of a few events at once. See bench_fan.h.
 *
 * A burst is one write over one connection, and the next begins when all have it, so that every server may tell it by
 * one write a listener. Events are equal and arrive in order, so that the k-th has reached everybody when k times as
 * many frames as there are listeners have come.
 */
#include "bench_fan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_load.h"

enum { READ_BYTES = 65536, BURST = 4, DRAIN_MS = 5000, GREET_MS = 10000, TURN_EVENTS = 128, FRAME_MAX = 4096 };

struct listener {
	int fd;
	struct buf in;
};

struct bench_fan {
	int epoll, port, n;
	struct listener *listeners;
	int64_t frames; /* of events, so far */
	char frame[FRAME_MAX];
	size_t frame_n;
};

static bool
send_frame(int fd, const char *text)
{
	unsigned char head[8] = {0x81, 0, 0, 0, 0, 0}; /* masked by zeros */
	size_t n = strlen(text), head_n = 6;

	head[1] = (unsigned char)(0x80 | n);
	return n < 126 && send(fd, head, head_n, MSG_NOSIGNAL | MSG_MORE) == (ssize_t)head_n &&
	       send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

/* The frame that `in` begins with: its bytes, 0 when it is not all there. */
static size_t
frame_bytes(const struct buf *in, size_t *head)
{
	const unsigned char *p = (const unsigned char *)in->p;
	size_t n;

	if (in->n < 2)
		return 0;
	n = p[1] & 127;
	*head = n < 126 ? 2 : n == 126 ? 4 : 10;
	if (in->n < *head)
		return 0;
	if (n == 126)
		n = (size_t)p[2] << 8 | p[3];
	else if (n == 127)
		n = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
	return in->n >= *head + n ? *head + n : 0;
}

static void
take_frames(struct bench_fan *f, struct listener *c)
{
	size_t bytes, head;

	while ((bytes = frame_bytes(&c->in, &head)) > 0) {
		const char *text = c->in.p + head;

		if (bytes - head >= 2 && memcmp(text, "42", 2) == 0) {
			f->frames++;
			if (bytes <= FRAME_MAX)
				memcpy(f->frame, c->in.p, f->frame_n = bytes);
		} else if (bytes - head == 1 && *text == '2') {
			send_frame(c->fd, "3");
		}
		buf_drop(&c->in, bytes);
	}
}

/* Read, blocking, until a frame begins with `wanted`. */
static bool
await(struct listener *c, const char *wanted)
{
	size_t bytes, head;
	ssize_t n;
	bool is;

	for (;;) {
		while ((bytes = frame_bytes(&c->in, &head)) > 0) {
			is = bytes - head >= strlen(wanted) && memcmp(c->in.p + head, wanted, strlen(wanted)) == 0;
			buf_drop(&c->in, bytes);
			if (is)
				return true;
		}
		if ((n = recv(c->fd, buf_reserve(&c->in, READ_BYTES), READ_BYTES, 0)) <= 0)
			return false;
		buf_grow(&c->in, (size_t)n);
	}
}

static bool
greet(struct listener *c, const char *room)
{
	static const char hello[] = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: "
				    "websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
				    "13\r\nSec-WebSocket-Key: ZHVyZSBiZW5jaCBkdXJlIQ==\r\n\r\n";
	char join[128];
	const char *end;
	ssize_t n;

	if (send(c->fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) != sizeof(hello) - 1)
		return false;
	while (c->in.n == 0 || (end = memmem(c->in.p, c->in.n, "\r\n\r\n", 4)) == NULL) {
		if ((n = recv(c->fd, buf_reserve(&c->in, READ_BYTES), READ_BYTES, 0)) <= 0)
			return false;
		buf_grow(&c->in, (size_t)n);
	}
	if (c->in.n < 12 || memcmp(c->in.p + 9, "101", 3) != 0)
		return false;
	buf_drop(&c->in, (size_t)(end + 4 - c->in.p));
	snprintf(join, sizeof(join), "420[\"subscribe-analysis\",\"%s\"]", room);
	return await(c, "0{") && send_frame(c->fd, "40") && await(c, "40{") && send_frame(c->fd, join) &&
	       await(c, "430");
}

static bool
open_listener(struct bench_fan *f, struct listener *c, const char *room)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
	struct timeval patience = { .tv_sec = GREET_MS / 1000 };

	if ((c->fd = bench_connect(f->port)) < 0)
		return false;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (room != NULL ? !greet(c, room)
			 : send(c->fd, "R", 1, MSG_NOSIGNAL) != 1 || recv(c->fd, &(char){0}, 1, 0) != 1)
		return false;
	return epoll_ctl(f->epoll, EPOLL_CTL_ADD, c->fd, &ev) == 0;
}

struct bench_fan *
bench_fan_open(int port, int listeners, const char *room)
{
	struct bench_fan *f = calloc(1, sizeof(*f));
	bool good = f != NULL;
	int i;

	if (!good || (f->listeners = calloc((size_t)listeners, sizeof(*f->listeners))) == NULL)
		abort();
	f->port = port;
	f->n = listeners;
	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (i = 0; i < listeners; i++)
		f->listeners[i].fd = -1;
	for (i = 0; good && i < listeners; i++)
		good = open_listener(f, &f->listeners[i], room);
	if (!good)
		bench_fan_close(&f);
	return f;
}

void
bench_fan_close(struct bench_fan **fp)
{
	struct bench_fan *f = *fp;
	int i;

	if (f == NULL)
		return;
	for (i = 0; i < f->n; i++) {
		if (f->listeners[i].fd >= 0)
			close(f->listeners[i].fd);
		buf_fini(&f->listeners[i].in);
	}
	free(f->listeners);
	close(f->epoll);
	free(f);
	*fp = NULL;
}

struct str
bench_fan_frame(const struct bench_fan *f)
{
	return (struct str){ f->frame, f->frame_n };
}

/* The publisher, and its events that are under way. */
struct flight {
	struct bench_fan *f;
	struct bench_count *count;
	struct listener line;
	struct str burst; /* the question, BURST times */
	int unanswered;
	int64_t since_us, first, asked, arrived, end_us;
};

static void
publish(struct flight *t)
{
	if (t->arrived < t->asked || t->unanswered > 0 || mono_us() >= t->end_us)
		return;
	t->since_us = mono_us();
	t->asked += BURST;
	t->unanswered = BURST;
	if (send(t->line.fd, t->burst.p, t->burst.n, MSG_NOSIGNAL) != (ssize_t)t->burst.n)
		t->count->failed++;
}

static void
note_arrivals(struct flight *t)
{
	int64_t now_us = mono_us();

	while (t->arrived < t->asked && t->f->frames - t->first >= (t->arrived + 1) * t->f->n) {
		bench_took(t->count, now_us - t->since_us);
		t->arrived++;
	}
	t->count->n = t->f->frames - t->first;
}

static void
take_answers(struct flight *t)
{
	bool good;
	long bytes;

	while (t->line.in.n > 0 && (bytes = bench_http_length(t->line.in.p, t->line.in.n, &good)) > 0) {
		buf_drop(&t->line.in, (size_t)bytes);
		t->unanswered--;
		t->count->failed += !good;
	}
}

static void
hear(struct flight *t, struct listener *c)
{
	ssize_t n = recv(c->fd, buf_reserve(&c->in, READ_BYTES), READ_BYTES, MSG_DONTWAIT);

	if (n <= 0)
		return;
	buf_grow(&c->in, (size_t)n);
	if (c == &t->line)
		take_answers(t);
	else
		take_frames(t->f, c);
}

static bool
fly(struct flight *t, int64_t ms)
{
	struct epoll_event events[TURN_EVENTS];
	int64_t began_us = mono_us(), until_us = began_us + (ms + DRAIN_MS) * 1000;
	int i, n;

	t->first = t->f->frames;
	t->end_us = began_us + ms * 1000;
	while ((mono_us() < t->end_us || t->arrived < t->asked) && mono_us() < until_us) {
		publish(t);
		n = epoll_wait(t->f->epoll, events, TURN_EVENTS, 20);
		for (i = 0; i < n; i++)
			hear(t, events[i].data.ptr);
		note_arrivals(t);
	}
	t->count->us = mono_us() - began_us;
	t->count->failed += t->asked - t->arrived;
	return t->asked == t->arrived && t->asked > 0;
}

bool
bench_fan_load(struct bench_fan *f, struct str question, int64_t ms, struct bench_count *c)
{
	struct flight t = { .f = f, .count = c };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &t.line };
	struct buf burst = { 0 };
	bool good;
	int i;

	*c = (struct bench_count){ 0 };
	for (i = 0; i < BURST; i++)
		buf_add(&burst, question.p, question.n);
	t.burst = (struct str){ burst.p, burst.n };
	good = (t.line.fd = bench_connect(f->port)) >= 0 && epoll_ctl(f->epoll, EPOLL_CTL_ADD, t.line.fd, &ev) == 0 &&
	       fly(&t, ms);
	if (t.line.fd >= 0)
		close(t.line.fd);
	buf_fini(&t.line.in);
	buf_fini(&burst);
	return good;
}
