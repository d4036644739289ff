/* redis_script.c -- Lua scripts by their digest. See redis.h.
 *
 * The text is sent until the server has answered with its digest, then the digest alone. A server that has lost its
 * scripts (restart, another master, SCRIPT FLUSH) answers NOSCRIPT: that call is repeated with the text, which loads
 * it again. A command's wire form begins with its name and the digest or text; what follows is the same for both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "redis_conn.h"

#define BY_DIGEST "$7\r\nEVALSHA\r\n$40\r\n"

struct script_call {
	struct redis_conn	*conn;
	struct redis_script	*script;
	redis_reply_fn		*fn;
	void			*arg;
	size_t			 n;
	bool			 again;
	char			 wire[];	/* by digest */
};

static void
on_loaded(void *arg, const struct redis_reply *r)
{
	struct redis_script *s = arg;

	s->asked = false;
	if (r != NULL && r->type == REDIS_STR && r->s.n == REDIS_DIGEST_CHARS)
		memcpy(s->digest, r->s.p, REDIS_DIGEST_CHARS + 1);
	else if (r != NULL)
		log_error("redis does not take a script", JS("error", r->s.p));
}

static void on_reply(void *arg, const struct redis_reply *r);

/* The same call with the text in place of the digest. */
static void
send_text(struct script_call *c)
{
	const char *head = (const char *)memchr(c->wire, '\n', c->n) + 1,
	    *rest = head + sizeof(BY_DIGEST) - 1 + REDIS_DIGEST_CHARS;
	struct buf wire = { 0 };

	buf_add(&wire, c->wire, (size_t)(head - c->wire));
	buf_printf(&wire, "$4\r\nEVAL\r\n$%zu\r\n%s", strlen(c->script->text), c->script->text);
	buf_add(&wire, rest, (size_t)(c->wire + c->n - rest));
	redis_conn_add(c->conn, wire.p, wire.n, on_reply, c);
	buf_fini(&wire);
}

static void
on_reply(void *arg, const struct redis_reply *r)
{
	struct script_call *c = arg;

	if (r != NULL && r->type == REDIS_ERR && !c->again && strncmp(r->s.p, "NOSCRIPT", 8) == 0 &&
	    c->conn->state == REDIS_UP) {
		c->again = true;
		send_text(c);
		return;
	}
	c->fn(c->arg, r);
	free(c);
}

/* Queue a call whose wire form, by digest, is `wire`. */
static void
call_script(struct redis_conn *conn, struct redis_script *s, const char *wire, size_t n, redis_reply_fn *fn, void *arg)
{
	bool known = *s->digest != '\0';
	struct script_call *c = malloc(sizeof(*c) + n);

	if (c == NULL)
		bug("no memory for a script's call");
	*c = (struct script_call){ .conn = conn, .script = s, .fn = fn, .arg = arg, .n = n, .again = !known };
	memcpy(c->wire, wire, n);
	if (known) {
		redis_conn_add(conn, c->wire, n, on_reply, c);
		return;
	}
	if (!s->asked) {
		s->asked = true;
		redis_conn_command(conn, on_loaded, s, "SCRIPT LOAD %s", s->text);
	}
	send_text(c);
}

static const char *
digest_of(const struct redis_script *s)
{
	return *s->digest != '\0' ? s->digest : "0000000000000000000000000000000000000000";
}

void
redis_script_add(struct redis_conn *conn, struct redis_script *s, const char *fmt, va_list ap, redis_reply_fn *fn,
    void *arg)
{
	char format[256];
	char *wire;
	size_t n;

	snprintf(format, sizeof(format), "EVALSHA %s %s", digest_of(s), fmt);
	wire = redis_format(format, ap, &n);
	call_script(conn, s, wire, n, fn, arg);
	redis_format_free(wire);
}

/* --- Steps --- */

static void
put_length(struct buf *out, char type, size_t n)
{
	char text[24], *p = text + sizeof(text);

	*--p = '\n';
	*--p = '\r';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	*--p = type;
	buf_add(out, p, (size_t)(text + sizeof(text) - p));
}

static void
put_bulk(struct buf *out, struct str s)
{
	put_length(out, '$', s.n);
	buf_add(out, s.p, s.n);
	buf_add(out, "\r\n", 2);
}

/* Queue what has been gathered. */
static void
close_steps(struct redis_conn *conn)
{
	enum { HEAD_ARGS = 3 };		/* EVALSHA, the digest, the number of keys */
	struct redis_steps steps = conn->steps;
	struct buf wire = { 0 };

	if (steps.script == NULL)
		return;
	conn->steps = (struct redis_steps){ 0 };
	buf_reserve(&wire, steps.args.n + 128);
	put_length(&wire, '*', HEAD_ARGS + steps.n_args);
	buf_str(&wire, BY_DIGEST);
	buf_str(&wire, digest_of(steps.script));
	buf_str(&wire, "\r\n$1\r\n0\r\n");
	buf_add(&wire, steps.args.p, steps.args.n);
	call_script(conn, steps.script, wire.p, wire.n, steps.fn, NULL);
	buf_fini(&wire);
	if (conn->steps.script == NULL) {	/* keeps the memory for the next */
		buf_reset(&steps.args);
		conn->steps.args = steps.args;
	} else {
		buf_fini(&steps.args);
	}
}

void
redis_script_step(struct redis_conn *conn, struct redis_script *s, const struct str *args, size_t n, redis_reply_fn *fn)
{
	struct redis_steps *steps = &conn->steps;
	size_t i;
	int digits;
	char count[24];

	if (steps->script != s || steps->n == REDIS_STEPS_MAX)
		close_steps(conn);
	steps->script = s;
	steps->fn = fn;
	steps->close = close_steps;
	steps->n++;
	steps->n_args += n + 1;
	digits = snprintf(count, sizeof(count), "%zu", n);
	put_bulk(&steps->args, (struct str){ count, (size_t)digits });
	for (i = 0; i < n; i++)
		put_bulk(&steps->args, args[i]);
}
