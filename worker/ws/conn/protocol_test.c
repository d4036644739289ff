/* protocol_test.c -- echoes for the protocol test suites. See protocol_test.h. */
#include "protocol_test.h"

#include "base/buf.h"

static void
on_eio_message(void *user, bool binary, char *p, size_t n)
{
	struct buf packet = { 0 };

	if (!binary)
		buf_byte(&packet, '4');
	buf_add(&packet, p, n);
	eio_send(user, binary ? FRAME_BINARY : FRAME_TEXT, packet.p, packet.n);
	buf_fini(&packet);
}

static void
on_eio_close(void *user)
{
	(void)user;
}

static const struct eio_ops engine_ops = { .on_message = on_eio_message, .on_close = on_eio_close };

void
protocol_test_open(struct eio *e, const struct handshake_info *h)
{
	(void)h;
	eio_widen(e);
	eio_begin(e, &engine_ops, e);
}

/* The socket is its own owner. */
static void
on_sock_message(void *owner, int opcode, char *p, size_t n)
{
	sock_send(owner, opcode, p, n);
}

static void
on_sock_close(void *owner, int code)
{
	(void)owner;
	(void)code;
}

static const struct sock_ops echo_ops = { on_sock_message, on_sock_close };

void
protocol_test_echo(struct client_budget *budget, int fd, const struct handshake_info *h, struct str early)
{
	struct sock *s = sock_new(fd, h->packs, budget, &echo_ops, NULL);

	sock_adopt(s, &echo_ops, s);
	sock_widen(s);
	sock_feed(s, early);
}
