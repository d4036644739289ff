/* ring.c -- sends in one call: whole, short, to a full socket and to one whose peer has gone; one by one, and with
 * io_uring under the filter of system calls; and that the ring does nothing else. */
#include "worker/ws/conn/ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/conf.h"
#include "master/seccomp.h"
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

/* The descriptor of this process's ring; -1: the kernel or a container refuses one. */
static int
find_ring(void)
{
	char path[32], name[64];
	int fd;

	for (fd = 3; fd < 64; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		memset(name, 0, sizeof(name));
		if (readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "[io_uring]") != NULL)
			return fd;
	}
	return -1;
}

/* The result of one request to the ring, put into it behind ring.c's back: another ring tells where. */
static int
request(int ring, struct io_uring_sqe e)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
	int other = (int)syscall(SYS_io_uring_setup, RING_SENDS_MAX, &p), prot = PROT_READ | PROT_WRITE, result;
	char *rings = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), prot, MAP_SHARED, ring, 0);
	struct io_uring_sqe *sqes = mmap(NULL, p.sq_entries * sizeof(*sqes), prot, MAP_SHARED, ring, IORING_OFF_SQES);
	unsigned *tail, *head;

	close(other);
	tail = (unsigned *)(void *)(rings + p.sq_off.tail);
	head = (unsigned *)(void *)(rings + p.cq_off.head);
	sqes[*tail % p.sq_entries] = e;
	++*tail;
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	result = ((struct io_uring_cqe *)(void *)(rings + p.cq_off.cqes))[*head % p.cq_entries].res;
	++*head;
	return result;
}

static void
try_what_is_not_a_send(int ring)
{
	char byte;
	struct io_uring_sqe nothing = { .opcode = IORING_OP_NOP },
	    open = { .opcode = IORING_OP_OPENAT, .addr = (uintptr_t)"/dev/null" },
	    elsewhere = { .opcode = IORING_OP_SEND, .fd = 1, .addr = (uintptr_t)&byte, .len = 1, .flags = IOSQE_ASYNC };

	is_int(request(ring, nothing), -EACCES, "the ring does nothing");
	is_int(request(ring, open), -EACCES, "it opens nothing");
	is_int(request(ring, elsewhere), -EACCES, "nor does it send on another thread");
	is_int(syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0) < 0 ? errno : 0, EACCES,
	    "what is allowed is for good");
}

int
main(void)
{
	int ring;

	try_all("one by one");
	conf.ws_io_uring = true;
	ring_open();
	if ((ring = find_ring()) < 0)
		diag("no io_uring here: one by one again");
	else
		try_what_is_not_a_send(ring);
	ok(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && seccomp_confine() == 0, "system calls are filtered");
	try_all(ring < 0 ? "one by one, filtered" : "with io_uring, filtered");
	return done_testing();
}
