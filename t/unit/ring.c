/* ring.c -- sends in one call: whole, short, to a full socket and to one whose peer has gone; with io_uring and
 * without. */
#include "worker/ws/conn/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "tap.h"

enum { PAIRS = 100, BIG = 1 << 24 };

static int pairs[PAIRS][2];
static struct iovec iov[PAIRS][2];
static struct ring_send sends[PAIRS];

static void
open_pairs(void)
{
	int i;

	for (i = 0; i < PAIRS; i++)
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]) < 0)
			abort();
}

static void
close_pairs(void)
{
	int i;

	for (i = 0; i < PAIRS; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

static void
prepare(int i, void *p, size_t n, void *p2, size_t n2)
{
	iov[i][0] = (struct iovec){ p, n };
	iov[i][1] = (struct iovec){ p2, n2 };
	sends[i] = (struct ring_send){ pairs[i][0], iov[i], p2 != NULL ? 2 : 1, -1 };
}

static void
send_to_all(const char *how)
{
	char one[] = "one", two[] = "twotwo", got[32];
	int i, whole = 0, right = 0;

	for (i = 0; i < PAIRS; i++)
		prepare(i, one, 3, i % 2 == 0 ? two : NULL, 6);
	ring_send(sends, PAIRS);
	for (i = 0; i < PAIRS; i++) {
		ssize_t n = recv(pairs[i][1], got, sizeof(got), MSG_DONTWAIT);

		whole += sends[i].sent == (i % 2 == 0 ? 9 : 3);
		right += n == sends[i].sent && memcmp(got, "onetwotwo", (size_t)n) == 0;
	}
	is_int(whole, PAIRS, "%s: every send was complete", how);
	is_int(right, PAIRS, "%s: what was sent arrived in order", how);
}

static void
send_too_much(const char *how)
{
	char *big = calloc(1, BIG), small[] = "x";

	if (big == NULL)
		abort();
	prepare(0, big, BIG, NULL, 0);
	prepare(1, small, 1, NULL, 0);
	ring_send(sends, 2);
	ok(sends[0].sent > 0 && sends[0].sent < BIG, "%s: a socket accepts what fits", how);
	is_int(sends[1].sent, 1, "%s: a full socket does not delay its neighbour", how);
	ring_send(sends, 2);
	is_int(sends[0].sent, -EAGAIN, "%s: a full socket accepts nothing", how);
	close(pairs[2][1]);
	prepare(2, small, 1, NULL, 0);
	ring_send(sends + 1, 2);
	is_int(sends[2].sent, -EPIPE, "%s: a socket without a peer fails, without a signal", how);
	pairs[2][1] = dup(pairs[2][0]);
	free(big);
}

static void
try_all(const char *how)
{
	open_pairs();
	send_to_all(how);
	send_to_all(how);
	send_too_much(how);
	close_pairs();
}

int
main(void)
{
	try_all("one by one");
	conf.ws_io_uring = true;
	ring_start();
	try_all("with io_uring where it is allowed");
	done_testing();
}
