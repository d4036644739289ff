/* loop.c -- the event loop of a process, on libev. See loop.h.
 *
 * Owns: ev.h. The prepare watcher is the end of a turn: coroutines, hooks, and only then sleep.
 */
#include "loop.h"

#include <ev.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

#define HOOKS_MAX	16
#define SIGNALS_MAX	16

_Static_assert(sizeof(ev_io) <= sizeof(((struct loop_io *)0)->watcher), "ev_io outgrew its room");
_Static_assert(sizeof(ev_timer) <= sizeof(((struct loop_timer *)0)->watcher), "ev_timer outgrew its room");

static struct ev_loop *ev;

static struct {
	void	(*fn)(void *);
	void	*arg;
} hooks[HOOKS_MAX];
static int n_hooks;
static struct {
	void	(*run)(void);		/* NULL: no coroutines yet */
	bool	(*more)(void);
} turn;

static struct signal_slot {
	ev_signal	 watcher;
	void		(*on_signal)(int, void *);
	void		*arg;
} signals[SIGNALS_MAX];
static int n_signals;

static ev_prepare before_sleep;
static ev_check after_sleep;
static ev_idle again;		/* active: the next turn must not sleep */
static struct { int64_t woke_us, max_us, sum_us, turns; } lag;

static void
on_io(struct ev_loop *l, ev_io *w, int revents)
{
	struct loop_io *io = w->data;

	(void)l;
	io->on_ready(io, (revents & EV_READ ? LOOP_READ : 0) | (revents & EV_WRITE ? LOOP_WRITE : 0));
}

void
loop_io_init(struct loop_io *io, int fd, void (*on_ready)(struct loop_io *, int), void *arg)
{
	ev_io *w = (ev_io *)io->watcher;

	memset(io, 0, sizeof(*io));
	io->fd = fd;
	io->on_ready = on_ready;
	io->arg = arg;
	ev_io_init(w, on_io, fd, 0);
	w->data = io;
}

void
loop_io_watch(struct loop_io *io, int events)
{
	ev_io *w = (ev_io *)io->watcher;

	if (io->events == events)
		return;
	if (io->on_ready == NULL)
		bug("loop_io_watch before loop_io_init");
	if (io->events != 0)
		ev_io_stop(ev, w);
	io->events = events;
	if (events == 0)
		return;
	ev_io_set(w, io->fd, (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0));
	ev_io_start(ev, w);
}

static void
on_timer(struct ev_loop *l, ev_timer *w, int revents)
{
	struct loop_timer *t = w->data;

	(void)l;
	(void)revents;
	t->on_time(t);
}

void
loop_timer_init(struct loop_timer *t, void (*on_time)(struct loop_timer *), void *arg)
{
	ev_timer *w = (ev_timer *)t->watcher;

	memset(t, 0, sizeof(*t));
	t->on_time = on_time;
	t->arg = arg;
	ev_timer_init(w, on_timer, 0., 0.);
	w->data = t;
}

void
loop_timer_start(struct loop_timer *t, int64_t after_ms, int64_t every_ms)
{
	ev_timer *w = (ev_timer *)t->watcher;

	ev_timer_stop(ev, w);
	ev_now_update(ev);	/* libev counts from its last turn, and would be early by the time spent since then */
	ev_timer_set(w, (double)(after_ms > 0 ? after_ms : 0) / 1e3, (double)every_ms / 1e3);
	ev_timer_start(ev, w);
}

void
loop_timer_stop(struct loop_timer *t)
{
	ev_timer_stop(ev, (ev_timer *)t->watcher);
}

bool
loop_timer_active(const struct loop_timer *t)
{
	return ev_is_active((const ev_timer *)t->watcher);
}

static void
on_ev_signal(struct ev_loop *l, ev_signal *w, int revents)
{
	struct signal_slot *s = w->data;

	(void)l;
	(void)revents;
	s->on_signal(w->signum, s->arg);
}

void
loop_signal(int signo, void (*on_signal)(int signo, void *arg), void *arg)
{
	struct signal_slot *s = &signals[n_signals++];

	if (n_signals > SIGNALS_MAX)
		bug("too many signals");
	s->on_signal = on_signal;
	s->arg = arg;
	ev_signal_init(&s->watcher, on_ev_signal, signo);
	s->watcher.data = s;
	ev_signal_start(ev, &s->watcher);
	ev_unref(ev);
}

void
loop_before_sleep(void (*fn)(void *arg), void *arg)
{
	if (n_hooks == HOOKS_MAX)
		bug("too many before-sleep hooks");
	hooks[n_hooks].fn = fn;
	hooks[n_hooks++].arg = arg;
}

void
loop_each_turn(void (*run)(void), bool (*more)(void))
{
	turn.run = run;
	turn.more = more;
}

static void
on_idle(struct ev_loop *l, ev_idle *w, int revents)
{
	(void)revents;
	ev_idle_stop(l, w);
}

static void
on_before_sleep(struct ev_loop *l, ev_prepare *w, int revents)
{
	int64_t held_us;
	int i;

	(void)w;
	(void)revents;
	if (turn.run != NULL)
		turn.run();
	for (i = 0; i < n_hooks; i++)
		hooks[i].fn(hooks[i].arg);
	if (turn.more != NULL && turn.more())
		ev_idle_start(l, &again);
	held_us = mono_us() - lag.woke_us;
	lag.max_us = held_us > lag.max_us ? held_us : lag.max_us;
	lag.sum_us += held_us;
	lag.turns++;
}

static void
on_after_sleep(struct ev_loop *l, ev_check *w, int revents)
{
	(void)l;
	(void)w;
	(void)revents;
	lag.woke_us = mono_us();
}

void
loop_init(void)
{
	if ((ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV)) == NULL)
		die("cannot make an event loop");
	n_hooks = n_signals = 0;
	lag.woke_us = mono_us();
	ev_prepare_init(&before_sleep, on_before_sleep);
	ev_prepare_start(ev, &before_sleep);
	ev_check_init(&after_sleep, on_after_sleep);
	ev_set_priority(&after_sleep, EV_MAXPRI);
	ev_check_start(ev, &after_sleep);
	ev_idle_init(&again, on_idle);
}

void
loop_run(void)
{
	ev_run(ev, 0);
}

void
loop_stop(void)
{
	ev_break(ev, EVBREAK_ALL);
}

void
loop_fini(void)
{
	while (n_signals > 0) {		/* libev keeps them outside the loop; a forked child attaches its own */
		ev_ref(ev);
		ev_signal_stop(ev, &signals[--n_signals].watcher);
	}
	ev_loop_destroy(ev);
	ev = NULL;
}

int64_t
loop_now_ms(void)
{
	return mono_tick_ms();
}

void
loop_lag(int64_t *max_us, int64_t *mean_us)
{
	*max_us = lag.max_us;
	*mean_us = lag.turns > 0 ? lag.sum_us / lag.turns : 0;
	lag.max_us = lag.sum_us = lag.turns = 0;
}
