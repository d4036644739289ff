/* linger.c -- lingering close. See linger.h. */
#include "linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run/loop.h"

enum { LINGERING_MAX = 256, LINGER_MS = 5000, TURN_BYTES = 262144 };

struct linger_end {
	struct linger_end	*next, **at;	/* of all, and where that points to this one */
	struct loop_io		 io;
	struct loop_timer	 timer;
};
static struct linger_end *ends;
static int n_lingering;

static void
end_linger(struct linger_end *l)
{
	loop_io_watch(&l->io, 0);
	loop_timer_stop(&l->timer);
	close(l->io.fd);
	*l->at = l->next;
	if (l->next != NULL)
		l->next->at = l->at;
	free(l);
	n_lingering--;
}

/* TCP throws away what MSG_TRUNC reads; nothing is copied. */
static void
on_bytes(struct loop_io *io, int events)
{
	ssize_t n = recv(io->fd, NULL, TURN_BYTES, MSG_DONTWAIT | MSG_TRUNC);

	(void)events;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		end_linger(io->arg);
}

static void
on_linger_timeout(struct loop_timer *t)
{
	end_linger(t->arg);
}

void
linger_start(int fd)
{
	struct linger_end *l;
	int own;

	if (n_lingering == LINGERING_MAX || (own = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		abort();
	l->next = ends;
	l->at = &ends;
	if (ends != NULL)
		ends->at = &l->next;
	ends = l;
	n_lingering++;
	shutdown(own, SHUT_WR);
	loop_io_init(&l->io, own, on_bytes, l);
	loop_io_watch(&l->io, LOOP_READ);
	loop_timer_init(&l->timer, on_linger_timeout, l);
	loop_timer_start(&l->timer, LINGER_MS, 0);
}

void
linger_stop(void)
{
	while (ends != NULL)
		end_linger(ends);
}
