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

void
redis_script_add(struct redis_conn *conn, struct redis_script *s, const char *fmt, va_list ap, redis_reply_fn *fn,
    void *arg)
{
	bool known = *s->digest != '\0';
	char format[256];
	struct script_call *c;
	char *wire;
	size_t n;

	snprintf(format, sizeof(format), "EVALSHA %s %s",
	    known ? s->digest : "0000000000000000000000000000000000000000", fmt);
	wire = redis_format(format, ap, &n);
	if ((c = malloc(sizeof(*c) + n)) == NULL)
		bug("no memory for a script's call");
	*c = (struct script_call){ .conn = conn, .script = s, .fn = fn, .arg = arg, .n = n, .again = !known };
	memcpy(c->wire, wire, n);
	redis_format_free(wire);
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
