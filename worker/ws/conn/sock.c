/* sock.c -- WebSockets as they come: from a handshake, or from a predecessor. See sock.h. */
#include "sock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/conf.h"
#include "ring.h"
#include "sock_impl.h"

static void
on_ready(struct loop_io *io, int events)
{
	struct sock *s = io->arg;

	if (events & LOOP_WRITE) {
		s->blocked = false;
		sock_mark_dirty(s);
	}
	if (events & LOOP_READ)
		sock_readable(s);
}

void
sock_start(void)
{
	ring_start();
	sock_life_start();
	sock_in_start();
}

struct sock *
sock_new(int fd, enum pack packs, struct client_budget *budget, const struct sock_ops *ops, void *owner)
{
	struct sock *s = sock_alloc();
	int unsent = (int)conf.ws_queue_bytes;

	s->ops = ops;
	s->owner = owner;
	s->packs = (uint8_t)packs;
	s->budget = client_budget_ref(budget);
	s->payload_max = (uint32_t)(conf.ws_early_payload < conf.ws_max_payload
	    ? conf.ws_early_payload : conf.ws_max_payload);
	/* The kernel would keep megabytes for a peer that does not read. */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	loop_io_init(&s->io, fd, on_ready, s);
	sock_watch(s);
	return s;
}

void
sock_widen(struct sock *s)
{
	s->payload_max = (uint32_t)conf.ws_max_payload;
}

void
sock_adopt(struct sock *s, const struct sock_ops *ops, void *owner)
{
	s->ops = ops;
	s->owner = owner;
}

void
sock_restore(struct sock *s, uint32_t sent, enum sock_state state)
{
	if (s->rest != NULL && s->rest->in.n > 0)
		sock_throttle(s);		/* whole frames may wait in it */
	s->out.sent = s->out.n > 0 && sent < s->out.v[s->out.head]->b.n ? sent : 0;
	if (state == SOCK_OPEN)
		return;
	sock_begin_closing(s);
	if (state == SOCK_CLOSED)
		sock_enter(s, SOCK_CLOSED);
}
