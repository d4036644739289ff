/* front.c -- connections of the HTTP workers. See front.h. */
#include "front.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "proc/relay.h"
#include "run/listener.h"

struct front {
	struct relay	 relay;
	struct loop_io	 io;
	struct front	*next;
	uint32_t	 serial;	/* never used again */
	bool		 dead;		/* freed at the end of the turn */
};

static struct front *fronts;
static const struct front_ops *ops;
static struct listener listener;
static uint32_t last_serial;
static bool started;		/* not yet in a successor that is taking over */
static bool paused;		/* nothing is read, no connection accepted */

static void
take_frame(struct front *f, const struct relay_frame *frame)
{
	struct asker who = { f->serial, frame->id };

	switch (frame->type) {
	case RELAY_WS:
		ops->on_websocket(frame->fd, frame->header, frame->body);
		break;
	case RELAY_POLL:
		ops->asker.on_poll(who, frame->header, frame->body);
		break;
	case RELAY_CANCEL:
		if (str_eq(frame->header, STR(RELAY_RELEASE)))
			ops->asker.on_release(who);
		else
			ops->asker.on_cancel(who);
		break;
	default:
		log_warn("unexpected frame from an HTTP worker", JI("type", frame->type));
		f->dead = true;
	}
}

static void
lose_front(struct front *f)
{
	f->dead = true;
	loop_io_watch(&f->io, 0);
	ops->on_lost(f->serial);
}

static void
on_front(struct loop_io *io, int events)
{
	struct front *f = io->arg;
	struct relay_frame frame;
	int rc = 0, more = 0;

	if (f->dead || paused || !(events & LOOP_READ))
		return;		/* the end of the turn writes */
	rc = relay_read(&f->relay);
	while (!f->dead && (more = relay_next(&f->relay, &frame)) > 0)
		take_frame(f, &frame);
	if (rc < 0 || more < 0 || f->dead)
		lose_front(f);
}

static struct front *
add_front(int sock, uint32_t serial)
{
	struct front *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	relay_init(&f->relay, sock);
	f->serial = serial;
	if (serial > last_serial)
		last_serial = serial;
	f->next = fronts;
	fronts = f;
	loop_io_init(&f->io, sock, on_front, f);
	loop_io_watch(&f->io, LOOP_READ);
	return f;
}

static void
take_front(int sock, const struct sockaddr *peer, socklen_t n)
{
	(void)peer;
	(void)n;
	add_front(sock, last_serial + 1);
}

void
front_init(const struct front_ops *wanted)
{
	ops = wanted;
	remote_poll_start(&wanted->asker);
}

void
front_start(int sock)
{
	listener_init(&listener, sock, "HTTP workers", take_front);
	started = true;
	listener_watch(&listener, !paused);
}

void
front_stop(void)
{
	started = false;
	listener_watch(&listener, false);
}

void
front_pause(bool on)
{
	struct front *f;

	paused = on;
	if (started)
		listener_watch(&listener, !on);
	for (f = fronts; f != NULL; f = f->next)
		if (!f->dead)
			loop_io_watch(&f->io, on ? 0 : LOOP_READ | LOOP_WRITE);
}

const struct front *
front_each(const struct front *after, uint32_t *serial, const struct relay **relay)
{
	const struct front *f = after != NULL ? after->next : fronts;

	while (f != NULL && f->dead)
		f = f->next;
	if (f != NULL) {
		*serial = f->serial;
		*relay = &f->relay;
	}
	return f;
}

struct relay *
front_restore(uint32_t serial, int sock, struct str in, struct str out)
{
	struct front *f = add_front(sock, serial);

	buf_add(&f->relay.in, in.p, in.n);
	buf_add(&f->relay.out, out.p, out.n);
	f->relay.queued = out.n;
	return &f->relay;
}

void
front_answer(struct asker to, int status, const char *content_type, struct str body)
{
	struct relay_frame frame = { .type = RELAY_ANSWER, .id = to.id, .body = body, .fd = -1 };
	struct arena mem;
	struct front *f;

	for (f = fronts; f != NULL && f->serial != to.front;)
		f = f->next;
	if (to.front != REMOTE_FRONT && (f == NULL || f->dead))
		return;
	arena_init(&mem, 256);
	frame.header = json_obj(&mem, JI("status", status), JS("contentType", content_type));
	if (to.front == REMOTE_FRONT)
		remote_poll_answer(to.id, &frame);
	else
		relay_queue(&f->relay, &frame, -1);
	arena_fini(&mem);
}

void
front_answer_packets(struct asker to, struct str packets)
{
	front_answer(to, 200, "text/plain; charset=UTF-8", packets);
}

void
front_turn(void)
{
	struct front *f, **at = &fronts;
	int rc;

	while ((f = *at) != NULL) {
		rc = f->dead ? -1 : relay_flush(&f->relay);
		if (rc < 0 && !f->dead)
			lose_front(f);
		if (!f->dead) {
			loop_io_watch(&f->io, (paused ? 0 : LOOP_READ) | (rc > 0 ? LOOP_WRITE : 0));
			at = &f->next;
			continue;
		}
		*at = f->next;
		relay_fini(&f->relay);
		free(f);
	}
}
