/* ring.c -- many sends at once. See ring.h.
 *
 * A request that may not wait completes while it is submitted; so the completions are there when the call that submits
 * them returns, and the memory of the requests may be on the caller's stack. Owns: linux/io_uring.h.
 */
#include "ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"

enum { SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT };

static int ring_fd = -1;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;
static unsigned *sq_tail, sq_mask, *cq_head, *cq_tail, cq_mask;
static const char *why;		/* there is none */

static void *
map_ring(size_t n, off_t what)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_fd, what);

	return p == MAP_FAILED ? NULL : p;
}

static void
give_up(const char *reason)
{
	why = reason;
	if (ring_fd >= 0)
		close(ring_fd);
	ring_fd = -1;
}

/* An intruder in this process could use the ring, which no system call filter sees: it is restricted to sending,
 * without a kernel thread. */
static int
restrict_to_sends(void)
{
	struct io_uring_restriction only[] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_SEND },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_SENDMSG },
	};

	if (syscall(SYS_io_uring_register, ring_fd, IORING_REGISTER_RESTRICTIONS, only, NELEM(only)) < 0)
		return -1;
	return (int)syscall(SYS_io_uring_register, ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

void
ring_open(void)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
	    IORING_SETUP_R_DISABLED };
	size_t sq_bytes, cq_bytes;
	unsigned *places, i;
	char *rings;

	if (!conf.ws_io_uring)
		return;
	if ((ring_fd = (int)syscall(SYS_io_uring_setup, RING_SENDS_MAX, &p)) < 0 || restrict_to_sends() < 0) {
		give_up(strerror(errno));
		return;
	}
	sq_bytes = p.sq_off.array + p.sq_entries * sizeof(*places);
	cq_bytes = p.cq_off.cqes + p.cq_entries * sizeof(*cqes);
	rings = (p.features & IORING_FEAT_SINGLE_MMAP) == 0 ? NULL :
	    map_ring(sq_bytes > cq_bytes ? sq_bytes : cq_bytes, IORING_OFF_SQ_RING);
	sqes = map_ring(p.sq_entries * sizeof(*sqes), IORING_OFF_SQES);
	if (rings == NULL || sqes == NULL) {
		give_up("cannot map the rings");
		return;
	}
	sq_tail = (unsigned *)(void *)(rings + p.sq_off.tail);
	sq_mask = *(unsigned *)(void *)(rings + p.sq_off.ring_mask);
	cq_head = (unsigned *)(void *)(rings + p.cq_off.head);
	cq_tail = (unsigned *)(void *)(rings + p.cq_off.tail);
	cq_mask = *(unsigned *)(void *)(rings + p.cq_off.ring_mask);
	cqes = (struct io_uring_cqe *)(void *)(rings + p.cq_off.cqes);
	places = (unsigned *)(void *)(rings + p.sq_off.array);
	for (i = 0; i < p.sq_entries; i++)
		places[i] = i;
}

void
ring_start(void)
{
	if (why != NULL)
		log_info("sockets are written one by one, without io_uring", JS("reason", why));
}

static ssize_t
send_one(const struct ring_send *s)
{
	struct msghdr m = { .msg_iov = s->iov, .msg_iovlen = (size_t)s->pieces };
	ssize_t n;

	do
		n = s->pieces == 1 ? send(s->fd, s->iov->iov_base, s->iov->iov_len, SEND_FLAGS)
		    : sendmsg(s->fd, &m, SEND_FLAGS);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void
put_request(const struct ring_send *s, struct msghdr *m, unsigned i)
{
	struct io_uring_sqe *e = &sqes[(*sq_tail + i) & sq_mask];

	memset(e, 0, sizeof(*e));
	e->fd = s->fd;
	e->msg_flags = SEND_FLAGS;
	e->user_data = i;
	if (s->pieces == 1) {		/* as a rule; and this is the cheaper request */
		e->opcode = IORING_OP_SEND;
		e->addr = (uint64_t)(uintptr_t)s->iov->iov_base;
		e->len = (uint32_t)s->iov->iov_len;
	} else {
		*m = (struct msghdr){ .msg_iov = s->iov, .msg_iovlen = (size_t)s->pieces };
		e->opcode = IORING_OP_SENDMSG;
		e->addr = (uint64_t)(uintptr_t)m;
		e->len = 1;
	}
}

/* How many have completed. */
static unsigned
take_results(struct ring_send *v)
{
	unsigned head = *cq_head, tail = __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE), n = tail - head;

	for (; head != tail; head++)
		v[cqes[head & cq_mask].user_data].sent = cqes[head & cq_mask].res;
	__atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
	return n;
}

void
ring_send(struct ring_send *v, int n)
{
	struct msghdr m[RING_SENDS_MAX];
	unsigned i, to_submit = (unsigned)n, to_complete = (unsigned)n;
	long rc;

	if (ring_fd < 0 || n == 1) {
		for (; n > 0; n--, v++)
			v->sent = send_one(v);
		return;
	}
	for (i = 0; i < to_submit; i++)
		put_request(&v[i], &m[i], i);
	__atomic_store_n(sq_tail, *sq_tail + to_submit, __ATOMIC_RELEASE);
	while (to_complete > 0) {
		rc = syscall(SYS_io_uring_enter, ring_fd, to_submit, to_complete, IORING_ENTER_GETEVENTS, NULL, 0);
		if (rc < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY)
			bug("io_uring");
		to_submit -= rc > 0 ? (unsigned)rc : 0;
		to_complete -= take_results(v);
	}
}
