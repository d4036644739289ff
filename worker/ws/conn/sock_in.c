/* sock_in.c -- what a WebSocket receives: frames to messages, charged to the client's budget. See sock.h. */
#include <errno.h>
#include <sys/socket.h>

#include "base/conf.h"
#include "base/metric.h"
#include "sock_impl.h"

enum { THROTTLE_MS = 20, READ_BYTES = 65536 };

static char read_buffer[READ_BYTES];
static bool paused;		/* nothing is read */
static struct timeout_queue throttles;

void
sock_watch(struct sock *s)
{
	loop_io_watch(&s->io, (paused || s->throttled ? 0 : LOOP_READ) | (s->blocked ? LOOP_WRITE : 0));
}

/* What waits in the rest is taken first. */
static void
on_throttle_timeout(struct timeout *e)
{
	struct sock *s = HOLDER(e, struct sock_rest, throttle_timeout)->sock;

	if (paused || !client_budget_may_spend(s->budget, &s->spent)) {
		timeout_start(&throttles, e);
		return;
	}
	s->throttled = false;
	sock_watch(s);
	sock_feed(s, (struct str){ "", 0 });
}

void
sock_in_start(void)
{
	timeout_queue_init(&throttles, THROTTLE_MS, on_throttle_timeout);
}

void
sock_throttle(struct sock *s)
{
	s->throttled = true;
	timeout_start(&throttles, &sock_need_rest(s)->throttle_timeout);
	sock_watch(s);
}

void
sock_charge(struct sock *s, uint64_t bytes)
{
	client_budget_charge(s->budget, &s->spent, bytes);
	if (s->throttled || s->state == SOCK_DEAD || client_budget_may_spend(s->budget, &s->spent))
		return;
	metric_add(M_WS_THROTTLED, 0, 1);
	sock_throttle(s);
}

/* The peer broke the protocol or a limit: close with this code without waiting for the peer's (RFC 6455 7.1.7), and
 * call the owner. */
static void
fail_sock(struct sock *s, int code, enum drop why)
{
	const struct sock_ops *ops = s->ops;

	sock_count_drop(why);
	sock_close(s, code);
	sock_enter(s, SOCK_CLOSED);
	s->failed = true;
	if (ops != NULL)
		ops->on_close(s->owner, code);
}

static void
take_close(struct sock *s, const struct frame *f)
{
	const struct sock_ops *ops = s->ops;
	int code = frame_close_code(f->p, f->n);

	sock_mark_dirty(s);		/* the flush closes the descriptor */
	if (s->state == SOCK_CLOSING) {
		sock_enter(s, SOCK_CLOSED);
		return;
	}
	if (code < 0)
		sock_count_drop(DROP_PROTOCOL);
	sock_close(s, code < 0 ? -code : code);
	sock_enter(s, SOCK_CLOSED);
	s->failed = code < 0;
	if (ops != NULL)
		ops->on_close(s->owner, code < 0 ? -code : code);
}

/* A message under way, which the rest keeps between two frames. */
static struct message
resume_message(struct sock *s)
{
	struct message m = { .opcode = 0 };

	if (s->rest != NULL) {
		m = s->rest->message;
		s->rest->message = (struct message){ .opcode = 0 };
	}
	return m;
}

/* Returns 0, or a negated close code. */
static int
take_data(struct sock *s, const struct frame *f)
{
	struct message m = resume_message(s);
	struct str whole;
	int opcode, rc = message_add(&m, f, s->payload_max, &opcode, &whole);

	if (rc == 0) {
		sock_need_rest(s)->message = m;
		return 0;
	}
	if (rc > 0 && m.packed)
		sock_charge(s, whole.n);
	if (rc > 0 && s->ops != NULL)
		s->ops->on_message(s->owner, opcode, (char *)(uintptr_t)whole.p, whole.n);
	message_fini(&m);
	return rc < 0 ? rc : 0;
}

/* The bytes of the frames that were taken. */
static size_t
take_frames(struct sock *s, char *p, size_t n)
{
	struct frame f;
	size_t taken = 0;
	int64_t used;

	while (s->state < SOCK_CLOSED && !s->throttled) {
		if ((used = frame_take(p + taken, n - taken, s->payload_max, s->packs != PACK_NONE, &f)) == 0)
			break;
		if (used > 0) {
			taken += (size_t)used;
			sock_charge(s, (uint64_t)used + (uint64_t)conf.ws_packet_cost);
			if (f.opcode == FRAME_CLOSE)
				take_close(s, &f);
			else if (f.opcode == FRAME_PING)
				sock_send(s, FRAME_PONG, f.p, f.n);
			else if (f.opcode != FRAME_PONG && s->state == SOCK_OPEN)
				used = take_data(s, &f);
		}
		if (used < 0) {
			if (s->state != SOCK_OPEN)
				sock_destroy(s, CLOSE_ABNORMAL);
			else
				fail_sock(s, (int)-used, used == -CLOSE_TOO_BIG ? DROP_LIMIT : DROP_PROTOCOL);
			return n;
		}
	}
	return taken;
}

/* Charge unfinished input to the client's budget. */
static void
recharge_held(struct sock *s)
{
	uint32_t now = s->rest != NULL ? (uint32_t)(s->rest->in.n + s->rest->message.parts.n) : 0;
	int64_t more = (int64_t)now - s->held;

	if (s->state == SOCK_DEAD || more == 0)
		return;
	s->held = now;
	if (!client_budget_hold(s->budget, more) && s->state == SOCK_OPEN)
		fail_sock(s, CLOSE_POLICY, DROP_ADDRESS);
}

/* Between two messages an idle socket keeps nothing. */
static void
settle_rest(struct sock *s)
{
	const struct sock_rest *r = s->rest;

	if (r != NULL && r->in.n == 0 && r->message.opcode == 0 && !s->throttled)
		sock_drop_rest(s);
}

/* Bytes that wait for more, or for the end of the throttling. */
static void
feed_rest(struct sock *s, struct str early)
{
	struct buf *in = &sock_need_rest(s)->in;
	size_t taken;

	buf_add(in, early.p, early.n);
	if (in->n == 0)
		return;
	taken = take_frames(s, in->p, in->n);
	if (s->state != SOCK_DEAD)
		buf_drop(in, taken);
}

static void
feed_bytes(struct sock *s, struct str early)
{
	size_t taken;

	if (early.p != read_buffer || (s->rest != NULL && s->rest->in.n > 0)) {
		feed_rest(s, early);
		return;
	}
	taken = take_frames(s, read_buffer, early.n);
	if (s->state != SOCK_DEAD && taken < early.n)
		buf_add(&sock_need_rest(s)->in, early.p + taken, early.n - taken);
}

void
sock_feed(struct sock *s, struct str early)
{
	if (s->state >= SOCK_CLOSED) {
		sock_charge(s, early.n);	/* it is discarded */
		return;
	}
	s->heard = true;
	if (early.n > 0 || s->rest != NULL)
		feed_bytes(s, early);
	if (s->state == SOCK_DEAD)
		return;
	recharge_held(s);
	settle_rest(s);
}

bool
sock_has_more(const struct sock *s)
{
	char one;

	return s != NULL && s->state != SOCK_DEAD && recv(s->io.fd, &one, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void
sock_look(struct sock *s)
{
	ssize_t n;

	if (s->state == SOCK_DEAD || s->throttled)
		return;
	n = recv(s->io.fd, read_buffer, sizeof(read_buffer), MSG_DONTWAIT);
	if (n > 0)
		sock_feed(s, (struct str){ read_buffer, (size_t)n });
	else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
		sock_destroy(s, CLOSE_ABNORMAL);
}

void
sock_readable(struct sock *s)
{
	if (paused)
		sock_watch(s);
	else
		sock_look(s);
}

void
sock_pause(bool on)
{
	paused = on;
}

void
sock_go_on(struct sock *s)
{
	if (s->state != SOCK_DEAD)
		sock_watch(s);
}
