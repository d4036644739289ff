/* sock_out.c -- the end of a turn: what it queued is written, all dirty sockets in one system call. See sock.h. */
#include <errno.h>
#include <sys/socket.h>

#include "base/conf.h"
#include "ring.h"
#include "sock_impl.h"
#include "worker/ws/wire/overflow.h"

enum { PIECES_MAX = 16 };

/* A socket is slow only if it was blocked before this turn: one large turn alone does not count. */
static void
drop_if_slow(struct sock *s, bool was_blocked)
{
	if (s->state == SOCK_DEAD || s->out.n == 0 || overflow_fit(&s->out, (uint64_t)conf.ws_queue_bytes) ||
	    !was_blocked)
		return;
	sock_count_drop(DROP_SLOW);
	overflow_count_lost(&s->out);
	sock_destroy(s, CLOSE_ABNORMAL);
}

/* All is written. A peer that has failed may be writing still: closing the descriptor would reset the connection, and
 * our Close would be lost; so only the sending side ends, and its input is discarded until it ends, too. */
static void
finish_sock(struct sock *s)
{
	if (!s->failed) {
		sock_destroy(s, CLOSE_NORMAL);
		return;
	}
	shutdown(s->io.fd, SHUT_WR);
	sock_watch(s);
}

/* The socket took `sent` of the `offered` bytes, or failed. */
static void
on_flushed(struct sock *s, ssize_t sent, size_t offered)
{
	bool was_blocked = s->blocked;

	if (!sock_flushed(s))
		return;
	if (sent < 0 && sent != -EAGAIN && sent != -EINTR) {
		sock_destroy(s, CLOSE_ABNORMAL);
		return;
	}
	if (sent > 0)
		queue_drop(&s->out, (size_t)sent);
	s->blocked = s->blocked || sent < (ssize_t)offered;
	if (s->out.n > 0 && !s->blocked) {
		sock_mark_dirty(s);
	} else if (s->out.n == 0 && s->state == SOCK_CLOSED) {
		finish_sock(s);
	} else {
		sock_watch(s);
		drop_if_slow(s, was_blocked);
	}
}

/* Send for one batch of dirty sockets; false: there was none. */
static bool
flush_batch(void)
{
	static struct iovec iov[RING_SENDS_MAX][PIECES_MAX];
	struct ring_send sends[RING_SENDS_MAX];
	struct sock *batch[RING_SENDS_MAX], *s;
	size_t offered[RING_SENDS_MAX];
	int n = 0, i, j;
	bool any = false;

	chunk_seal_open();		/* the owner may have been notified of the end */
	while (n < RING_SENDS_MAX && (s = sock_next_dirty()) != NULL) {
		any = true;
		if (s->state == SOCK_DEAD || s->blocked || s->out.n == 0) {
			on_flushed(s, 0, 0);
			continue;
		}
		batch[n] = s;
		sends[n] = (struct ring_send){ s->io.fd, iov[n], queue_iov(&s->out, iov[n], PIECES_MAX), 0 };
		for (offered[n] = 0, j = 0; j < sends[n].pieces; j++)
			offered[n] += iov[n][j].iov_len;
		n++;
	}
	ring_send(sends, n);
	for (i = 0; i < n; i++)
		on_flushed(batch[i], sends[i].sent, offered[i]);
	return any;
}

void
sock_turn(void)
{
	while (flush_batch())
		;
	sock_free_dead();
}
