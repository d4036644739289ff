/* sock.c -- one WebSocket connection. See sock.h. */
#include "sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/metric.h"
#include "ring.h"
#include "run/hostile.h"
#include "worker/ws/wire/overflow.h"

enum {
	THROTTLE_MS	= 20,
	READ_BYTES	= 65536,
	PIECES_MAX	= 16,
	CLOSING_MS	= 2000,
	KEPT_MAX	= HOSTILE_KEEPS(1024),
};

static char read_buffer[READ_BYTES];
static struct sock *dirty, *dead, *kept;	/* kept: memory for the next */
static int n_kept, n_open;
static bool paused;		/* nothing is read */
static struct timeout_queue closing, paces, throttles;

static void	on_ready(struct loop_io *io, int events);

static void
watch_sock(struct sock *s)
{
	loop_io_watch(&s->io, (paused || s->throttled ? 0 : LOOP_READ) | (s->blocked ? LOOP_WRITE : 0));
}

static void
enter_state(struct sock *s, enum sock_state state)
{
	static const bool legal[SOCK_STATES][SOCK_STATES] = {
		[SOCK_OPEN]    = { [SOCK_CLOSING] = true, [SOCK_DEAD] = true },
		[SOCK_CLOSING] = { [SOCK_CLOSED] = true, [SOCK_DEAD] = true },
		[SOCK_CLOSED]  = { [SOCK_DEAD] = true },
	};

	if (!legal[s->state][state])
		bug("a WebSocket cannot go from this state to that");
	s->state = (uint8_t)state;
}

/* Close the descriptor and call the owner. */
static void
destroy_sock(struct sock *s, int code)
{
	const struct sock_ops *ops = s->ops;

	if (s->state == SOCK_DEAD)
		return;
	enter_state(s, SOCK_DEAD);
	s->ops = NULL;
	loop_io_watch(&s->io, 0);
	shutdown(s->io.fd, SHUT_RDWR);	/* the HTTP worker may not have closed its copy yet */
	close(s->io.fd);
	n_open--;
	timeout_stop(&s->closing_timeout);
	timeout_stop(&s->pace_timeout);
	timeout_stop(&s->throttle_timeout);
	queue_fini(&s->out);
	buf_fini(&s->in);
	message_fini(&s->message);
	client_budget_hold(s->budget, -(int64_t)s->held);
	client_budget_put(&s->budget);
	if (!s->dirty) {	/* else the flush finds it */
		s->next = dead;
		dead = s;
	}
	if (ops != NULL)
		ops->on_close(s->owner, code);
}

static void
on_closing_timeout(struct timeout *e)
{
	destroy_sock(HOLDER(e, struct sock, closing_timeout), CLOSE_ABNORMAL);
}

static void	mark_dirty(struct sock *s);

static void
on_pace_timeout(struct timeout *e)
{
	mark_dirty(HOLDER(e, struct sock, pace_timeout));
}

/* What waits in s->in is taken first. */
static void
on_throttle_timeout(struct timeout *e)
{
	struct sock *s = HOLDER(e, struct sock, throttle_timeout);

	if (paused || !client_budget_may_spend(s->budget, &s->spent)) {
		timeout_start(&throttles, e);
		return;
	}
	s->throttled = false;
	watch_sock(s);
	sock_feed(s, (struct str){ "", 0 });
}

static void
throttle_sock(struct sock *s)
{
	s->throttled = true;
	timeout_start(&throttles, &s->throttle_timeout);
	watch_sock(s);
}

void
sock_charge(struct sock *s, uint64_t bytes)
{
	client_budget_charge(s->budget, &s->spent, bytes);
	if (s->throttled || s->state == SOCK_DEAD || client_budget_may_spend(s->budget, &s->spent))
		return;
	metric_add(M_WS_THROTTLED, 0, 1);
	throttle_sock(s);
}

void
sock_start(void)
{
	ring_start();
	timeout_queue_init(&closing, CLOSING_MS, on_closing_timeout);
	timeout_queue_init(&paces, conf.ws_pace_ms, on_pace_timeout);
	timeout_queue_init(&throttles, THROTTLE_MS, on_throttle_timeout);
}

struct sock *
sock_new(int fd, enum pack packs, struct client_budget *budget, const struct sock_ops *ops, void *owner)
{
	struct sock *s = kept;
	int unsent = (int)conf.ws_queue_bytes;

	if (s != NULL) {
		kept = s->next;
		n_kept--;
	} else if ((s = malloc(sizeof(*s))) == NULL) {
		abort();
	}
	memset(s, 0, sizeof(*s));
	s->ops = ops;
	s->owner = owner;
	s->packs = (uint8_t)packs;
	s->budget = client_budget_ref(budget);
	s->payload_max = (uint32_t)(conf.ws_early_payload < conf.ws_max_payload
	    ? conf.ws_early_payload : conf.ws_max_payload);
	/* The kernel would keep megabytes for a peer that does not read. */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	loop_io_init(&s->io, fd, on_ready, s);
	watch_sock(s);
	n_open++;
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

static void
mark_dirty(struct sock *s)
{
	if (s->dirty || s->state == SOCK_DEAD)
		return;
	timeout_stop(&s->pace_timeout);
	s->dirty = true;
	s->next = dirty;
	dirty = s;
}

void
sock_push(struct sock *s, struct chunk *c)
{
	if (s->state != SOCK_OPEN)
		return;
	queue_push(&s->out, c);
	if (!c->lazy)
		mark_dirty(s);
	else if (!s->dirty && !timeout_waits(&s->pace_timeout))
		timeout_start(&paces, &s->pace_timeout);
}

size_t
sock_pack_from(const struct sock *s)
{
	return s != NULL && s->packs == PACK_BOTH ? (size_t)conf.ws_deflate_min : 0;
}

void
sock_send(struct sock *s, int opcode, const void *p, size_t n)
{
	struct chunk *c = chunk_frame(opcode, p, n, opcode < FRAME_CLOSE ? sock_pack_from(s) : 0);

	sock_push(s, c);
	chunk_put(&c);
}

void
sock_push_all(struct sock *s, struct queue *q)
{
	if (s->state != SOCK_OPEN) {
		queue_fini(q);
		return;
	}
	queue_move(q, &s->out);
	mark_dirty(s);
}

void
sock_close(struct sock *s, int code)
{
	unsigned char payload[2] = { (unsigned char)(code >> 8), (unsigned char)code };

	s->ops = NULL;
	if (s->state != SOCK_OPEN)
		return;
	sock_send(s, FRAME_CLOSE, payload, code == CLOSE_NO_STATUS || code == CLOSE_ABNORMAL ? 0 : sizeof(payload));
	enter_state(s, SOCK_CLOSING);
	timeout_start(&closing, &s->closing_timeout);
}

/* The peer broke the protocol or a limit: close with this code without waiting for the peer's (RFC 6455 7.1.7), and
 * call the owner. */
static void
fail_sock(struct sock *s, int code, enum drop why)
{
	const struct sock_ops *ops = s->ops;

	sock_count_drop(why);
	sock_close(s, code);
	enter_state(s, SOCK_CLOSED);
	s->failed = true;
	if (ops != NULL)
		ops->on_close(s->owner, code);
}

static void
take_close(struct sock *s, const struct frame *f)
{
	const struct sock_ops *ops = s->ops;
	int code = frame_close_code(f->p, f->n);

	mark_dirty(s);		/* the flush closes the descriptor */
	if (s->state == SOCK_CLOSING) {
		enter_state(s, SOCK_CLOSED);
		return;
	}
	if (code < 0)
		sock_count_drop(DROP_PROTOCOL);
	sock_close(s, code < 0 ? -code : code);
	enter_state(s, SOCK_CLOSED);
	s->failed = code < 0;
	if (ops != NULL)
		ops->on_close(s->owner, code < 0 ? -code : code);
}

/* Returns 0, or a negated close code. */
static int
take_data(struct sock *s, const struct frame *f)
{
	struct str whole;
	int opcode, rc = message_add(&s->message, f, s->payload_max, &opcode, &whole);

	if (rc <= 0)
		return rc;
	if (s->message.packed)
		sock_charge(s, whole.n);
	if (s->ops != NULL)
		s->ops->on_message(s->owner, opcode, (char *)(uintptr_t)whole.p, whole.n);
	if (s->message.opcode == 0)
		message_fini(&s->message);
	return 0;
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
				destroy_sock(s, CLOSE_ABNORMAL);
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
	uint32_t now = (uint32_t)(s->in.n + s->message.parts.n);
	int64_t more = (int64_t)now - s->held;

	if (s->state == SOCK_DEAD || more == 0)
		return;
	s->held = now;
	if (!client_budget_hold(s->budget, more) && s->state == SOCK_OPEN)
		fail_sock(s, CLOSE_POLICY, DROP_ADDRESS);
}

static void
feed_bytes(struct sock *s, struct str early)
{
	size_t taken;

	s->heard = true;
	if (s->in.n == 0 && early.p == read_buffer) {
		taken = take_frames(s, read_buffer, early.n);
		if (s->state != SOCK_DEAD && taken < early.n)
			buf_add(&s->in, early.p + taken, early.n - taken);
		return;
	}
	buf_add(&s->in, early.p, early.n);
	if (s->in.n == 0)
		return;
	taken = take_frames(s, s->in.p, s->in.n);
	if (s->state == SOCK_DEAD)
		return;
	buf_drop(&s->in, taken);
	if (s->in.n == 0)
		buf_fini(&s->in);
}

void
sock_feed(struct sock *s, struct str early)
{
	if (s->state >= SOCK_CLOSED) {
		sock_charge(s, early.n);	/* it is discarded */
		return;
	}
	feed_bytes(s, early);
	recharge_held(s);
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
		destroy_sock(s, CLOSE_ABNORMAL);
}

static void
on_ready(struct loop_io *io, int events)
{
	struct sock *s = io->arg;

	if (events & LOOP_WRITE) {
		s->blocked = false;
		mark_dirty(s);
	}
	if ((events & LOOP_READ) && paused)
		watch_sock(s);
	else if (events & LOOP_READ)
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
		watch_sock(s);
}

const struct sock *
sock_each_closing(const struct sock *after)
{
	const struct timeout *e = after == NULL ? closing.head.next : after->closing_timeout.next;

	return e == &closing.head ? NULL : HOLDER(e, struct sock, closing_timeout);
}

void
sock_restore(struct sock *s, uint32_t sent, enum sock_state state)
{
	if (s->in.n > 0)
		throttle_sock(s);		/* whole frames may wait in it */
	s->out.sent = s->out.n > 0 && sent < s->out.v[s->out.head]->b.n ? sent : 0;
	if (state == SOCK_OPEN)
		return;
	enter_state(s, SOCK_CLOSING);
	timeout_start(&closing, &s->closing_timeout);
	if (state == SOCK_CLOSED)
		enter_state(s, SOCK_CLOSED);
}

void
sock_count_drop(enum drop why)
{
	metric_add(M_WS_DROPS, why, 1);
}

int
sock_count(void)
{
	return n_open;
}

/* A socket is slow only if it was blocked before this turn: one large turn alone does not count. */
static void
drop_if_slow(struct sock *s, bool was_blocked)
{
	if (s->state == SOCK_DEAD || s->out.n == 0 || overflow_fit(&s->out, (uint64_t)conf.ws_queue_bytes) ||
	    !was_blocked)
		return;
	sock_count_drop(DROP_SLOW);
	overflow_count_lost(&s->out);
	destroy_sock(s, CLOSE_ABNORMAL);
}

/* All is written. A peer that has failed may be writing still: closing the descriptor would reset the connection, and
 * our Close would be lost; so only the sending side ends, and its input is discarded until it ends, too. */
static void
finish_sock(struct sock *s)
{
	if (!s->failed) {
		destroy_sock(s, CLOSE_NORMAL);
		return;
	}
	shutdown(s->io.fd, SHUT_WR);
	watch_sock(s);
}

/* The socket took `sent` of the `offered` bytes, or failed. */
static void
on_flushed(struct sock *s, ssize_t sent, size_t offered)
{
	bool was_blocked = s->blocked;

	s->dirty = false;
	if (s->state == SOCK_DEAD) {		/* by the end of another of this turn */
		s->next = dead;
		dead = s;
		return;
	}
	if (sent < 0 && sent != -EAGAIN && sent != -EINTR) {
		destroy_sock(s, CLOSE_ABNORMAL);
		return;
	}
	if (sent > 0)
		queue_drop(&s->out, (size_t)sent);
	s->blocked = s->blocked || sent < (ssize_t)offered;
	if (s->out.n > 0 && !s->blocked) {
		mark_dirty(s);
	} else if (s->out.n == 0 && s->state == SOCK_CLOSED) {
		finish_sock(s);
	} else {
		watch_sock(s);
		drop_if_slow(s, was_blocked);
	}
}

/* Send for one batch of dirty sockets. */
static void
flush_queue(void)
{
	static struct iovec iov[RING_SENDS_MAX][PIECES_MAX];
	struct ring_send sends[RING_SENDS_MAX];
	struct sock *batch[RING_SENDS_MAX], *s;
	size_t offered[RING_SENDS_MAX];
	int n = 0, i, j;

	chunk_seal_open();		/* the owner may have been notified of the end */
	while (n < RING_SENDS_MAX && (s = dirty) != NULL) {
		dirty = s->next;
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
}

static void
free_dead_socks(void)
{
	struct sock *s;

	while ((s = dead) != NULL) {
		dead = s->next;
		if (n_kept < KEPT_MAX) {
			s->next = kept;
			kept = s;
			n_kept++;
		} else {
			free(s);
		}
	}
}

void
sock_turn(void)
{
	while (dirty != NULL)
		flush_queue();
	free_dead_socks();
}
