/* redis.c -- Redis commands as calls that yield. See redis.h.
 *
 * Yields: redis_cmd redis_eval redis_run redis_get redis_ping.
 * A `struct op` outlives a coroutine that was cancelled: its replies still arrive, and the last one frees it.
 * See: redis_conn.c (the connection), redis_sub.c (subscriptions), redis_script.c (scripts), t/unit/redis.c
 */
#include "redis.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "proc/scoreboard.h"
#include "redis_conn.h"
#include "redis_tls.h"
#include "run/co.h"

enum { UP_CELL = 1 };		/* of M_BACKEND_UP */

/* Commands of one coroutine under way. */
struct op {
	struct co		*co;	/* NULL: no longer waiting */
	struct arena		*mem;	/* its arena */
	struct redis_reply	*out;	/* may be NULL */
	size_t			 total, got;
	int			 rc;	/* the first error */
};

struct batched {
	struct batched	*next;
	size_t		 n;
	const char	*wire;
};
struct redis_batch {
	struct batched	*first, **last;
	size_t		 n;
};

static struct redis_conn commands;
static const struct redis_tracker *tracker;	/* NULL: nothing is tracked */
static struct redis_server server;
static struct arena memory;		/* of `server` */
static struct co_gate first_connect;
static int64_t opened_ms;

bool
redis_up(void)
{
	return commands.state == REDIS_UP && redis_sub_up();
}

bool
redis_away(void)
{
	return commands.state != REDIS_UP && !redis_sub_up();
}

const char *
redis_why(void)
{
	return commands.why;
}

static void
tell_state(void)
{
	struct slot *me = scoreboard_me();
	bool up = redis_up();

	metric_set(M_BACKEND_UP, UP_CELL, up);
	if (me != NULL)
		me->links_up = up ? me->links_up | LINK_REDIS : me->links_up & ~LINK_REDIS;
}

static void
on_command_state(struct redis_conn *c)
{
	tell_state();
	if (tracker != NULL)
		tracker->on_commands(c->state == REDIS_UP);
	if (c->state != REDIS_UP)
		return;
	co_gate_wake_all(&first_connect);
	redis_sub_hurry();
}

static void
on_sub_state(void)
{
	tell_state();
	if (redis_sub_up())
		redis_conn_hurry(&commands);
}

static void
flush_all(void *arg)
{
	(void)arg;
	redis_conn_flush(&commands);
	redis_sub_flush();
	redis_sentinel_flush();
}

static void
on_moved(void)
{
	redis_conn_move(&commands);
	redis_sub_move();
}

void
redis_open(void)
{
	const char *why;

	arena_init(&memory, 512);
	if (redis_server_of(&conf, &memory, &server, &why) < 0)
		die(why);
	opened_ms = loop_now_ms();
	commands = (struct redis_conn){ .server = &server, .on_state = on_command_state };
	loop_before_sleep(flush_all, NULL);
	redis_sub_open(&server, on_sub_state);
	redis_sentinel_open(&server, on_moved);
	redis_conn_open(&commands);
}

void
redis_close(void)
{
	if (tracker != NULL)
		tracker->on_close();
	tracker = NULL;
	redis_sentinel_close();
	redis_sub_close();
	redis_conn_close(&commands);
	co_gate_wake_all(&first_connect);
	redis_tls_close();
	arena_fini(&memory);
}

void
redis_set_tracker(const struct redis_tracker *t)
{
	tracker = t;
	redis_sub_set_tracker(t);
	t->on_commands(commands.state == REDIS_UP);
}

void
redis_track(redis_reply_fn *fn, void *arg, int64_t redirect)
{
	redis_conn_command(&commands, fn, arg, "CLIENT TRACKING ON REDIRECT %lld OPTIN", (long long)redirect);
}

void
redis_track_prefix(redis_reply_fn *fn, void *arg, int64_t redirect, const char *prefix)
{
	redis_conn_command(&commands, fn, arg, "CLIENT TRACKING ON REDIRECT %lld BCAST PREFIX %s", (long long)redirect,
	    prefix);
}

/* Checks that `n` commands may be sent now. Yields only until the first connect. */
static int
need_room(size_t n)
{
	int64_t left;
	int rc;

	while (commands.state != REDIS_UP) {
		left = opened_ms + conf.redis_timeout_ms - loop_now_ms();
		if (commands.was_up || commands.state == REDIS_CLOSED || left <= 0)
			return E_DOWN;
		if ((rc = co_gate_wait(&first_connect, left)) == E_CANCELED || (rc == E_TIMEOUT && co_time_left() <= 0))
			return rc;
	}
	return commands.n + n > (size_t)conf.redis_pending_max ? E_BUSY : 0;
}

static void
copy_reply(struct arena *mem, struct redis_reply *to, const struct redis_reply *from)
{
	size_t i;

	*to = *from;
	if (from->s.p != NULL)
		to->s.p = arena_copy(mem, from->s.p, from->s.n);
	if (from->type != REDIS_ARRAY)
		return;
	to->v = arena_alloc(mem, (from->n + 1) * sizeof(*to->v));
	for (i = 0; i < from->n; i++)
		copy_reply(mem, &to->v[i], &from->v[i]);
}

/* The server answers but cannot serve: it is loading, a replica, or busy with a script. */
static bool
is_unavailable(const char *text)
{
	static const char *const codes[] = {
		"LOADING ", "MASTERDOWN ", "READONLY ", "BUSY ", "CLUSTERDOWN ", "NOREPLICAS ",
	};
	size_t i;

	for (i = 0; i < NELEM(codes); i++)
		if (strncmp(text, codes[i], strlen(codes[i])) == 0)
			return true;
	return false;
}

/* 0 for a good reply; otherwise counts the error and logs a refused command. */
static int
judge_reply(const struct redis_reply *r)
{
	if (r != NULL && r->type != REDIS_ERR)
		return 0;
	metric_add(M_REDIS_ERRORS, 0, 1);
	if (r == NULL)
		return E_DOWN;
	if (is_unavailable(r->s.p))
		return E_DOWN;
	log_error("redis refused a command", JS("error", r->s.p));
	return E_INTERNAL;
}

static void
on_reply(void *arg, const struct redis_reply *r)
{
	struct op *op = arg;
	int rc = judge_reply(r);

	op->rc = op->rc < 0 ? op->rc : rc;
	if (op->out != NULL) {
		if (r != NULL)
			copy_reply(op->mem, &op->out[op->got], r);
		else
			op->out[op->got] = (struct redis_reply){ .type = REDIS_NIL };
	}
	if (++op->got < op->total)
		return;
	if (op->co != NULL)
		co_wake(op->co);
	else
		free(op);
}

static struct op *
start_op(struct redis_reply *out, size_t total)
{
	struct op *op = malloc(sizeof(*op));

	if (op == NULL)
		bug("no memory for a Redis command");
	*op = (struct op){ .co = co_self(), .mem = co_arena(), .out = out, .total = total, .got = 0, .rc = 0 };
	metric_add(M_REDIS_COMMANDS, 0, total);
	return op;
}

/* Waits for every reply. Yields. */
static int
finish_op(struct op *op)
{
	int64_t until_ms = loop_now_ms() + conf.redis_timeout_ms, left;
	int rc = 0;

	while (op->got < op->total && rc == 0) {
		left = until_ms - loop_now_ms();
		rc = co_park(left > 0 ? left : 0);
	}
	if (op->got < op->total) {
		metric_add(M_REDIS_ERRORS, 0, rc == E_TIMEOUT);
		op->co = NULL;
		op->mem = NULL;		/* both were the coroutine's */
		op->out = NULL;
		return rc;
	}
	rc = op->rc;
	free(op);
	return rc;
}

static int
count_error(int rc)
{
	metric_add(M_REDIS_ERRORS, 0, 1);
	return rc;
}

int
redis_cmd(struct redis_reply *out, const char *fmt, ...)
{
	struct op *op;
	va_list ap;
	char *wire;
	size_t n;
	int rc;

	if ((rc = need_room(1)) < 0)
		return count_error(rc);
	va_start(ap, fmt);
	wire = redis_format(fmt, ap, &n);
	va_end(ap);
	op = start_op(out, 1);
	redis_conn_add(&commands, wire, n, on_reply, op);
	redis_format_free(wire);
	return finish_op(op);
}

int
redis_eval(struct redis_reply *out, struct redis_script *s, const char *fmt, ...)
{
	struct op *op;
	va_list ap;
	int rc;

	if ((rc = need_room(2)) < 0)
		return count_error(rc);
	op = start_op(out, 1);
	va_start(ap, fmt);
	redis_script_add(&commands, s, fmt, ap, on_reply, op);
	va_end(ap);
	return finish_op(op);
}

struct redis_batch *
redis_batch(void)
{
	struct redis_batch *b = arena_zalloc(co_arena(), sizeof(*b));

	b->last = &b->first;
	return b;
}

void
redis_add(struct redis_batch *b, const char *fmt, ...)
{
	struct batched *one = arena_zalloc(co_arena(), sizeof(*one));
	va_list ap;
	char *wire;

	va_start(ap, fmt);
	wire = redis_format(fmt, ap, &one->n);
	va_end(ap);
	one->wire = arena_copy(co_arena(), wire, one->n);
	redis_format_free(wire);
	*b->last = one;
	b->last = &one->next;
	b->n++;
}

int
redis_run(struct redis_batch *b, struct redis_reply *replies)
{
	struct batched *one;
	struct op *op;
	int rc;

	if (b->n == 0)
		return 0;
	if ((rc = need_room(b->n)) < 0)
		return count_error(rc);
	op = start_op(replies, b->n);
	for (one = b->first; one != NULL; one = one->next)
		redis_conn_add(&commands, one->wire, one->n, on_reply, op);
	*b = (struct redis_batch){ NULL, &b->first, 0 };
	return finish_op(op);
}

static void
on_sent(void *arg, const struct redis_reply *r)
{
	(void)arg;
	judge_reply(r);
}

/* Whether a command may be sent now; counted either way. */
static bool
may_send(void)
{
	bool may = commands.state == REDIS_UP && commands.n < (size_t)conf.redis_pending_max;

	metric_add(may ? M_REDIS_COMMANDS : M_REDIS_ERRORS, 0, 1);
	return may;
}

void
redis_send(const char *fmt, ...)
{
	va_list ap;
	char *wire;
	size_t n;

	if (!may_send())
		return;
	va_start(ap, fmt);
	wire = redis_format(fmt, ap, &n);
	va_end(ap);
	redis_conn_add(&commands, wire, n, on_sent, NULL);
	redis_format_free(wire);
}

void
redis_send_eval(struct redis_script *s, const char *fmt, ...)
{
	va_list ap;

	if (!may_send())
		return;
	va_start(ap, fmt);
	redis_script_add(&commands, s, fmt, ap, on_sent, NULL);
	va_end(ap);
}

void
redis_send_step(struct redis_script *s, const struct str *args, size_t n)
{
	if (may_send())
		redis_script_step(&commands, s, args, n, on_sent);
}

struct told {
	void	(*fn)(void *arg, int rc);
	void	 *arg;
};

static void
on_told_reply(void *arg, const struct redis_reply *r)
{
	struct told was = *(struct told *)arg;
	int rc = judge_reply(r);

	free(arg);
	was.fn(was.arg, r == NULL && commands.state == REDIS_CLOSED ? E_CANCELED : rc);
}

void
redis_send_eval_told(struct redis_script *s, void (*on_told)(void *arg, int rc), void *arg, const char *fmt, ...)
{
	struct told *t;
	va_list ap;

	if (!may_send()) {
		on_told(arg, commands.state == REDIS_UP ? E_BUSY : E_DOWN);
		return;
	}
	if ((t = malloc(sizeof(*t))) == NULL)
		bug("no memory for a Redis command");
	*t = (struct told){ on_told, arg };
	va_start(ap, fmt);
	redis_script_add(&commands, s, fmt, ap, on_told_reply, t);
	va_end(ap);
}

int
redis_get(const char *key, struct str *out)
{
	struct redis_reply r;
	int rc;

	*out = (struct str){ NULL, 0 };
	if ((rc = redis_cmd(&r, "GET %s", key)) < 0)
		return rc;
	if (r.type == REDIS_STR)
		*out = r.s;
	return 0;
}

int
redis_ping(int64_t *us)
{
	int64_t from = mono_us();
	int rc = redis_cmd(NULL, "PING");

	*us = mono_us() - from;
	return rc;
}

#ifdef HOSTILE
int
redis_commands_fd(void)
{
	return commands.state == REDIS_UP ? commands.io.fd : -1;
}
#endif
