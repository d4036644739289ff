/* metrics_feed.c -- see metrics_feed.h. */
#include "metrics_feed.h"

#include "base/json.h"
#include "run/loop.h"
#include "worker/domain/ops/host_figures.h"

enum { EVERY_MS = 1000, WINDOW = 60 };	/* seconds, and so samples */

static struct loop_timer timer;
static bool running;
static struct host_figures samples[WINDOW];	/* a ring: the latest is the one before `next` */
static int next, n;

static void
keep_sample(const struct host_figures *f)
{
	samples[next] = *f;
	next = (next + 1) % WINDOW;
	n += n < WINDOW;
}

static const struct host_figures *
oldest_sample(void)
{
	return &samples[n < WINDOW ? 0 : next];
}

static bool
is_admin(const struct peer *p)
{
	const struct sio *s = HOLDER(p, struct sio, peer);

	return p->dialect != DIALECT_PLAIN && s->credential != NULL && strcmp(s->credential->role, "admin") == 0;
}

/* The room without those who may not be in it, by a token with another role or a recovery; NULL: nobody is left. */
static struct room *
members_allowed(void)
{
	struct room *r = room_find(METRICS_ROOM);
	struct member *m, *after;

	for (m = r != NULL ? r->members : NULL; m != NULL; m = after) {
		after = m->next;
		if (!is_admin(m->peer))
			(void)room_leave(m->peer, METRICS_ROOM);
	}
	return room_find(METRICS_ROOM);
}

static void
stop_feed(void)
{
	loop_timer_stop(&timer);
	running = false;
	next = n = 0;
}

static void
on_feed_timer(struct loop_timer *t)
{
	struct room *r = members_allowed();
	struct host_figures now;
	struct room_event e;
	struct arena mem;

	(void)t;
	if (r == NULL) {
		stop_feed();
		return;
	}
	arena_init(&mem, 2048);
	host_figures_read(&now);
	e = (struct room_event){ .class = ROOM_PROGRESS, .event = STR("metrics"),
	    .payload = host_figures_json(&mem, oldest_sample(), &now) };
	room_broadcast(r, &e);
	keep_sample(&now);
	arena_fini(&mem);
}

void
metrics_feed_start(void)
{
	loop_timer_init(&timer, on_feed_timer, NULL);
}

void
metrics_feed_entered(struct sio *s, const char *rest, bool admitted)
{
	struct host_figures first;

	(void)s;
	(void)rest;
	(void)admitted;
	if (running)
		return;
	running = true;
	host_figures_read(&first);
	keep_sample(&first);
	loop_timer_start(&timer, EVERY_MS, EVERY_MS);
}
