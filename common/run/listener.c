/* listener.c -- accepting. See listener.h. */
#include "listener.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

enum { ACCEPTS_A_TURN = 32, SHORT_MS = 100, SAY_MS = 10000 };

static void
update_watch(struct listener *l)
{
	loop_io_watch(&l->io, l->on && !loop_timer_active(&l->again) ? LOOP_READ : 0);
}

static void
on_pause_over(struct loop_timer *t)
{
	update_watch(t->arg);
}

static void
run_short(struct listener *l)
{
	if (l->said_ms == 0 || mono_ms() - l->said_ms > SAY_MS) {
		l->said_ms = mono_ms();
		log_warn("cannot accept connections", JS("of", l->whose), JS("error", strerror(errno)));
	}
	loop_timer_start(&l->again, SHORT_MS, 0);
	update_watch(l);
}

static void
on_connections(struct loop_io *io, int events)
{
	struct listener *l = io->arg;
	struct sockaddr_storage peer;
	socklen_t n;
	int i, fd;

	(void)events;
	for (i = 0; i < ACCEPTS_A_TURN && l->on; i++) {
		n = sizeof(peer);
		fd = accept4(io->fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
			run_short(l);
		if (fd < 0)
			return;
		l->take(fd, (struct sockaddr *)&peer, n);
	}
}

void
listener_init(struct listener *l, int fd, const char *whose, void (*take)(int fd, const struct sockaddr *peer,
    socklen_t n))
{
	*l = (struct listener){ .take = take, .whose = whose };
	loop_io_init(&l->io, fd, on_connections, l);
	loop_timer_init(&l->again, on_pause_over, l);
}

void
listener_watch(struct listener *l, bool on)
{
	l->on = on;
	if (!on)
		loop_timer_stop(&l->again);
	update_watch(l);
}
