/* fanout.c -- relay to the fanout processes. See fanout.h and proc/relay.h. Yields: fanout_poll. */
#include "fanout.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "poll_relay.h"
#include "proc/relay.h"
#include "proc/unixsock.h"
#include "run/loop.h"
#include "waiting.h"
#include "worker/child.h"

enum { FANOUTS_MAX = 16, STOPPING_MS = 500, HEADER_BYTES = 992 };

struct fanout {
	struct relay	 relay;
	struct loop_io	 io;
	struct waiting	*waiting;
	bool		 up;
};
static struct fanout fanouts[FANOUTS_MAX + 1];	/* by index, from 1 */
static int last_used;
static uint32_t last_id;

static void
drop_fanout(struct fanout *f)
{
	struct waiting *w;

	if (!f->up)
		return;
	f->up = false;
	loop_io_watch(&f->io, 0);
	relay_fini(&f->relay);
	while ((w = f->waiting) != NULL) {
		f->waiting = w->next;
		waiting_fail(w, E_DOWN);
	}
}

static void
flush_fanout(struct fanout *f)
{
	int rc = relay_flush(&f->relay);

	if (rc < 0)
		drop_fanout(f);
	else
		loop_io_watch(&f->io, LOOP_READ | (rc > 0 ? LOOP_WRITE : 0));
}

/* Send what one turn queued in one write. */
static void
flush_all(void *arg)
{
	int i;

	(void)arg;
	for (i = 1; i <= conf.ws_workers; i++)
		if (fanouts[i].up && fanouts[i].relay.out.n > 0)
			flush_fanout(&fanouts[i]);
}

void
fanout_start(void)
{
	loop_before_sleep(flush_all, NULL);
}

void
fanout_close(void)
{
	int i;

	flush_all(NULL);
	for (i = 1; i <= conf.ws_workers; i++)
		drop_fanout(&fanouts[i]);
}

static void
on_frames(struct loop_io *io, int events)
{
	struct fanout *f = io->arg;
	struct relay_frame frame;
	struct waiting *w;
	int lost, rc;

	if (events & LOOP_WRITE)
		flush_fanout(f);
	if (!f->up || !(events & LOOP_READ))
		return;
	lost = relay_read(&f->relay);
	while ((rc = relay_next(&f->relay, &frame)) > 0) {
		if (frame.fd >= 0)
			close(frame.fd);
		if (frame.type == RELAY_ANSWER && (w = waiting_take(&f->waiting, frame.id)) != NULL)
			waiting_answer(w, &frame);
	}
	if (lost < 0 || rc < 0)
		drop_fanout(f);
}

static bool
connect_fanout(int i)
{
	char name[UNIXSOCK_NAME_BYTES];
	struct fanout *f = &fanouts[i];
	int fd;

	if (f->up)
		return true;
	if ((fd = unixsock_connect(conf.run_dir, unixsock_ws_name(name, i))) < 0) {
		log_debug("fanout is not there", JI("index", i), JS("reason", strerror(errno)));
		return false;
	}
	relay_init(&f->relay, fd);
	loop_io_init(&f->io, fd, on_frames, f);
	loop_io_watch(&f->io, LOOP_READ);
	f->up = true;
	return true;
}

/* The owner named by "sid=" in the query; 0: none. */
static int
named_owner(const char *query)
{
	const char *p = query;

	for (; p != NULL; p = strchr(p, '&')) {
		p += *p == '&';
		if (strncmp(p, "sid=", 4) == 0)
			return relay_owner(p + 4);
	}
	return 0;
}

int
fanout_owner(struct req *rq)
{
	int i, tried, owner = named_owner(rq->uri.query);

	if (owner > 0 && owner <= conf.ws_workers)
		return connect_fanout(owner) ? owner : 0;
	for (tried = 0, i = last_used; tried < conf.ws_workers; tried++) {
		i = i % (int)conf.ws_workers + 1;
		if (connect_fanout(i))
			return last_used = i;
	}
	return 0;
}

void
fanout_hand_over(struct req *rq, int fd, struct str early)
{
	struct relay_frame frame = { .type = RELAY_WS, .body = early, .fd = -1 };
	struct arena mem;

	if (!fanouts[rq->owner].up) {
		close(fd);	/* the client sees that and connects again */
		return;
	}
	arena_init(&mem, HEADER_BYTES);
	frame.header = waiting_describe(&mem, rq);
	relay_queue(&fanouts[rq->owner].relay, &frame, fd);
	arena_fini(&mem);
}

static void
cancel_poll(struct fanout *f, uint32_t id, struct str header)
{
	if (f->up)
		relay_queue(&f->relay, &(struct relay_frame){ .type = RELAY_CANCEL, .id = id, .header = header,
		    .fd = -1 }, -1);
}

/* While this worker drains, no poll may wait for long: the fanout process is asked for a noop. It may have ended as
 * well, although its listening socket, which the master holds, still accepts. */
static int
await_stopping(struct fanout *f, struct waiting *w)
{
	int rc = waiting_park(w, STOPPING_MS);

	if (rc != E_TIMEOUT)
		return rc;
	cancel_poll(f, w->id, STR(RELAY_RELEASE));
	rc = waiting_park(w, STOPPING_MS);
	return rc == E_TIMEOUT ? E_DOWN : rc;
}

/* Of this host's sessions. */
static int
poll_own(struct req *rq)
{
	int owner = fanout_owner(rq), rc;
	struct fanout *f = &fanouts[owner];
	struct relay_frame frame = { .type = RELAY_POLL, .id = ++last_id, .body = { rq->in.p, rq->in.n }, .fd = -1 };
	struct waiting *w;

	if (owner == 0)
		return E_DOWN;
	w = waiting_new(rq, frame.id);
	w->next = f->waiting;
	f->waiting = w;
	frame.header = waiting_describe(rq->mem, rq);
	relay_queue(&f->relay, &frame, -1);
	rc = child_stopping() ? await_stopping(f, w) : waiting_park(w, -1);
	waiting_fini(w);
	if (w->rc <= 0)
		return w->rc;
	waiting_take(&f->waiting, w->id);
	cancel_poll(f, w->id, STR("{}"));
	return rc;
}

/* Engine.IO's code 1. */
static bool
is_unknown_session(const struct req *rq)
{
	return rq->reply.status == 400 && rq->reply.body.n > 9 && memcmp(rq->reply.body.p, "{\"code\":1,", 10) == 0;
}

int
fanout_poll(struct req *rq)
{
	int rc = poll_own(rq);

	return (rc == 0 && is_unknown_session(rq)) || rc == E_DOWN ? poll_relay(rq, rc) : rc;
}
