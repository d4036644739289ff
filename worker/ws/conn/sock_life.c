/* sock_life.c -- a WebSocket's states, its queue and its end. See sock.h. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/slab.h"
#include "sock_impl.h"

enum { CLOSING_MS = 2000 };

static struct slab socks = { .size = sizeof(struct sock) };
static struct sock *dirty, *dead;
static int n_open;
static struct timeout_queue closing, paces;

void
sock_enter(struct sock *s, enum sock_state state)
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

static void
on_closing_timeout(struct timeout *e)
{
	sock_destroy(HOLDER(e, struct sock, wait), CLOSE_ABNORMAL);
}

static void
on_pace_timeout(struct timeout *e)
{
	sock_mark_dirty(HOLDER(e, struct sock, wait));
}

void
sock_life_start(void)
{
	timeout_queue_init(&closing, CLOSING_MS, on_closing_timeout);
	timeout_queue_init(&paces, conf.ws_pace_ms, on_pace_timeout);
}

struct sock *
sock_alloc(void)
{
	n_open++;
	return slab_alloc(&socks);
}

static void
bury(struct sock *s)
{
	s->next = dead;
	dead = s;
}

void
sock_destroy(struct sock *s, int code)
{
	const struct sock_ops *ops = s->ops;

	if (s->state == SOCK_DEAD)
		return;
	sock_enter(s, SOCK_DEAD);
	s->ops = NULL;
	loop_io_watch(&s->io, 0);
	shutdown(s->io.fd, SHUT_RDWR);	/* the HTTP worker may not have closed its copy yet */
	close(s->io.fd);
	n_open--;
	timeout_stop(&s->wait);
	sock_drop_rest(s);
	queue_fini(&s->out);
	client_budget_hold(s->budget, -(int64_t)s->held);
	client_budget_put(&s->budget);
	if (!s->dirty)		/* else the flush finds it */
		bury(s);
	if (ops != NULL)
		ops->on_close(s->owner, code);
}

struct sock_rest *
sock_need_rest(struct sock *s)
{
	if (s->rest != NULL)
		return s->rest;
	if ((s->rest = calloc(1, sizeof(*s->rest))) == NULL)
		abort();
	s->rest->sock = s;
	return s->rest;
}

void
sock_drop_rest(struct sock *s)
{
	struct sock_rest *r = s->rest;

	if (r == NULL)
		return;
	timeout_stop(&r->throttle_timeout);
	buf_fini(&r->in);
	message_fini(&r->message);
	free(r);
	s->rest = NULL;
}

void
sock_mark_dirty(struct sock *s)
{
	if (s->dirty || s->state == SOCK_DEAD)
		return;
	if (s->state == SOCK_OPEN)
		timeout_stop(&s->wait);
	s->dirty = true;
	s->next = dirty;
	dirty = s;
}

struct sock *
sock_next_dirty(void)
{
	struct sock *s = dirty;

	if (s != NULL)
		dirty = s->next;
	return s;
}

bool
sock_flushed(struct sock *s)
{
	s->dirty = false;
	if (s->state != SOCK_DEAD)
		return true;
	bury(s);	/* by the end of another of this turn */
	return false;
}

void
sock_free_dead(void)
{
	struct sock *s;

	while ((s = dead) != NULL) {
		dead = s->next;
		slab_free(&socks, s);
	}
}

void
sock_push(struct sock *s, struct chunk *c)
{
	if (s->state != SOCK_OPEN)
		return;
	queue_push(&s->out, c);
	if (!c->lazy)
		sock_mark_dirty(s);
	else if (!s->dirty && !timeout_waits(&s->wait))
		timeout_start(&paces, &s->wait);
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
	sock_mark_dirty(s);
}

void
sock_begin_closing(struct sock *s)
{
	timeout_stop(&s->wait);
	sock_enter(s, SOCK_CLOSING);
	timeout_start(&closing, &s->wait);
}

void
sock_close(struct sock *s, int code)
{
	unsigned char payload[2] = { (unsigned char)(code >> 8), (unsigned char)code };

	s->ops = NULL;
	if (s->state != SOCK_OPEN)
		return;
	sock_send(s, FRAME_CLOSE, payload, code == CLOSE_NO_STATUS || code == CLOSE_ABNORMAL ? 0 : sizeof(payload));
	sock_begin_closing(s);
}

const struct sock *
sock_each_closing(const struct sock *after)
{
	const struct timeout *e = after == NULL ? closing.head.next : after->wait.next;

	return e == &closing.head ? NULL : HOLDER(e, struct sock, wait);
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
