/* redis_conn.c -- one connection to Redis. See redis_conn.h.
 *
 * Owns: hiredis, of which the connect, the formatting and the reply parser are used; the order of replies is kept
 * here.
 * Fails: a connect slower than REDIS_TIMEOUT_MS, a silence of twice that while replies are due, an error at login. A
 * name that needs DNS is resolved in the loop, blocking: use addresses where the resolver is slow.
 */
#include "redis_conn.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "redis_tls.h"
#undef REDIS_ERR	/* hiredis' result code hides our reply type */

enum {
	READ_BYTES	= 65536,
	READER_KEEPS	= 1 << 20,	/* the parser returns a larger buffer when it is empty */
	BACKOFF_MIN_MS	= 50,
	BACKOFF_MAX_MS	= 2000,
	IDLE_PING_MS	= 10000,
	ARENA_BYTES	= 16384 - 64,
};

#if HIREDIS_MAJOR >= 1
typedef size_t array_len;
#else
typedef int array_len;
#endif

/* Replies are built straight into struct redis_reply, in the connection's arena. */
static struct redis_reply *
place_reply(const redisReadTask *t, enum redis_type type)
{
	struct redis_reply *r = t->parent != NULL ? &((struct redis_reply *)t->parent->obj)->v[t->idx] :
	    arena_alloc(t->privdata, sizeof(*r));

	*r = (struct redis_reply){ .type = type };
	return r;
}

static void *
create_string(const redisReadTask *t, char *p, size_t n)
{
	struct redis_reply *r = place_reply(t, t->type == REDIS_REPLY_ERROR ? REDIS_ERR :
	    t->type == REDIS_REPLY_STATUS ? REDIS_STATUS : REDIS_STR);

	r->s = (struct str){ arena_copy(t->privdata, p, n), n };
	return r;
}

static void *
create_array(const redisReadTask *t, array_len n)
{
	struct redis_reply *r = place_reply(t, REDIS_ARRAY);

	r->n = n > 0 ? (size_t)n : 0;
	r->v = arena_zalloc(t->privdata, (r->n + 1) * sizeof(*r->v));
	return r;
}

static void *
create_integer(const redisReadTask *t, long long v)
{
	struct redis_reply *r = place_reply(t, REDIS_INT);

	r->i = v;
	return r;
}

static void *
create_nil(const redisReadTask *t)
{
	return place_reply(t, REDIS_NIL);
}

static void
free_nothing(void *r)
{
	(void)r;
}

/* By name: hiredis 1.x has members that 0.14 lacks, for types of RESP3 only, which is not requested. */
static redisReplyObjectFunctions builders = {
	.createString = create_string, .createArray = create_array, .createInteger = create_integer,
	    .createNil = create_nil,
	.freeObject = free_nothing,
};

static void
grow_ring(struct redis_conn *c)
{
	size_t cap = c->cap > 0 ? c->cap * 2 : 64, i;
	struct redis_wait *ring = malloc(cap * sizeof(*ring));

	if (ring == NULL)
		bug("no memory for the commands under way");
	for (i = 0; i < c->n; i++)
		ring[i] = c->ring[(c->first + i) & (c->cap - 1)];
	free(c->ring);
	c->ring = ring;
	c->first = 0;
	c->cap = cap;
}

static void
expect_reply(struct redis_conn *c, redis_reply_fn *fn, void *arg)
{
	if (c->n == 0)
		c->heard_ms = loop_now_ms();	/* its silence counts from now */
	if (c->n == c->cap)
		grow_ring(c);
	c->ring[(c->first + c->n++) & (c->cap - 1)] = (struct redis_wait){ fn, arg };
}

static struct redis_wait
take_wait(struct redis_conn *c)
{
	struct redis_wait w = c->ring[c->first];

	c->first = (c->first + 1) & (c->cap - 1);
	c->n--;
	return w;
}

static int64_t
backoff_ms(int failures)
{
	int64_t ms = failures > 5 ? BACKOFF_MAX_MS : (int64_t)BACKOFF_MIN_MS << failures;
	uint32_t r;

	random_bytes(&r, sizeof(r));
	return ms / 2 + r % (ms / 2 + 1);
}

/* Drops the connection and fails every command under way. */
static void
disconnect(struct redis_conn *c, enum redis_conn_state next)
{
	bool was_up = c->state == REDIS_UP;

	c->state = next;
	loop_timer_stop(&c->timer);
	if (c->wire != NULL) {
		loop_io_watch(&c->io, 0);
		redis_tls_free(&c->tls);
		redisFree(c->wire);
		c->wire = NULL;
	}
	arena_reset(&c->mem);
	buf_reset(&c->out);
	buf_fini(&c->steps.args);
	c->steps = (struct redis_steps){ 0 };
	while (c->n > 0) {
		struct redis_wait w = take_wait(c);

		w.fn(w.arg, NULL);
	}
	if (was_up && c->on_state != NULL)
		c->on_state(c);
}

/* A server that wants a certificate of its client says so in an alert, which its closing may overtake. */
static bool
lacks_certificate(const struct redis_conn *c)
{
	return c->state == REDIS_LOGIN && c->tls != NULL && *conf.redis_tls_cert == '\0';
}

static void
fail_connection(struct redis_conn *c, const char *why)
{
	if (c->state == REDIS_UP)
		log_warn("redis connection lost", JS("reason", why));
	else if (c->failures == 0)
		log_warn("redis cannot be reached", JS("host", c->server->at.host), JI("port", c->server->at.port),
		    JS("reason", why), JIF(lacks_certificate(c), JS("advice", "it may want REDIS_TLS_CERT")));
	snprintf(c->why, sizeof(c->why), "%s", why);
	disconnect(c, REDIS_BACKOFF);
	loop_timer_start(&c->timer, backoff_ms(c->failures), 0);
	c->failures++;
}

/* A server that Sentinel called the primary may have become a replica, or not know yet that it no longer is one. */
static bool
is_replica(const struct redis_conn *c, const struct redis_reply *r)
{
	return c->server->primary != NULL && r->type == REDIS_ARRAY && r->n > 0 && !str_eq(r->v[0].s, STR("master"));
}

/* One reply of AUTH, SELECT, ROLE, PING. The last one makes the connection usable. */
static void
on_login(void *arg, const struct redis_reply *r)
{
	struct redis_conn *c = arg;

	if (r == NULL || c->state != REDIS_LOGIN)
		return;
	if (r->type == REDIS_ERR) {
		fail_connection(c, r->s.p);	/* the server's text, which repeats no password */
		return;
	}
	if (is_replica(c, r)) {
		fail_connection(c, "not the primary");
		return;
	}
	if (--c->logins > 0)
		return;
	c->state = REDIS_UP;
	*c->why = '\0';
	if (c->was_up || c->failures > 0)
		log_info("redis connected", JI("failures", c->failures));
	c->failures = 0;
	c->was_up = true;
	if (c->on_state != NULL)
		c->on_state(c);
}

static void
log_in(struct redis_conn *c)
{
	const struct redis_server *s = c->server;

	c->logins = 1 + (*s->password != '\0') + (s->db != 0) + (s->primary != NULL);
	if (*s->password != '\0' && *s->user != '\0')
		redis_conn_command(c, on_login, c, "AUTH %s %s", s->user, s->password);
	else if (*s->password != '\0')
		redis_conn_command(c, on_login, c, "AUTH %s", s->password);
	if (s->db != 0)
		redis_conn_command(c, on_login, c, "SELECT %d", s->db);
	if (s->primary != NULL)
		redis_conn_command(c, on_login, c, "ROLE");
	redis_conn_command(c, on_login, c, "PING");
}

static void
begin_login(struct redis_conn *c)
{
	c->state = REDIS_LOGIN;
	c->heard_ms = loop_now_ms();
	loop_io_watch(&c->io, LOOP_READ);
	log_in(c);
}

static void
go_on_handshake(struct redis_conn *c)
{
	int events = LOOP_READ, rc = redis_tls_handshake(c->tls, &events);

	if (rc < 0)
		fail_connection(c, redis_tls_why(c->tls));
	else if (rc > 0)
		begin_login(c);
	else
		loop_io_watch(&c->io, events);
}

static void
begin_handshake(struct redis_conn *c)
{
	if ((c->tls = redis_tls_new(c->wire->fd, c->server->at.host)) == NULL) {
		fail_connection(c, "TLS is not available");
		return;
	}
	c->state = REDIS_HANDSHAKE;
	go_on_handshake(c);
}

static void
finish_connecting(struct redis_conn *c)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(c->wire->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0 || error != 0) {
		fail_connection(c, strerror(error != 0 ? error : errno));
		return;
	}
	if (c->server->tls)
		begin_handshake(c);
	else
		begin_login(c);
}

/* Passes on complete replies. A callback may drop the connection: then `wire` has changed. */
static void
take_replies(struct redis_conn *c)
{
	struct redisContext *wire = c->wire;
	void *r;

	while (c->wire == wire) {
		if (redisReaderGetReply(wire->reader, &r) != REDIS_OK) {
			fail_connection(c, wire->reader->errstr);
			return;
		}
		if (r == NULL)
			return;
		if (c->on_push == NULL || c->state != REDIS_UP || !c->on_push(c, r)) {
			if (c->n == 0) {
				fail_connection(c, "a reply that nobody asked for");
				return;
			}
			struct redis_wait w = take_wait(c);

			w.fn(w.arg, r);
		}
		if (c->wire == wire)
			arena_reset(&c->mem);
	}
}

/* Why the last read or write failed; valid until the connection is dropped. */
static const char *
wire_why(const struct redis_conn *c)
{
	return c->tls != NULL && errno == EPROTO ? redis_tls_why(c->tls) : strerror(errno);
}

/* Take what has come; whether the buffer was full, so that more may lie behind it. */
static bool
read_some(struct redis_conn *c)
{
	static char bytes[READ_BYTES];
	ssize_t n = c->tls != NULL ? redis_tls_read(c->tls, bytes, sizeof(bytes)) :
	    read(c->wire->fd, bytes, sizeof(bytes));

	if (n > 0) {
		c->heard_ms = loop_now_ms();
		redisReaderFeed(c->wire->reader, bytes, (size_t)n);
		take_replies(c);
	} else if (n == 0) {
		fail_connection(c, "closed by the server");
	} else if (errno != EAGAIN && errno != EINTR) {
		fail_connection(c, wire_why(c));
	}
	return n == (ssize_t)sizeof(bytes);
}

/* What TLS has decrypted already makes no descriptor readable. */
static void
read_replies(struct redis_conn *c)
{
	struct redisContext *wire = c->wire;

	while (read_some(c) && c->wire == wire && c->tls != NULL)
		;
	if (c->wire == wire && c->tls != NULL)
		loop_io_watch(&c->io, LOOP_READ | (c->out.n > 0 || redis_tls_wants_write(c->tls) ? LOOP_WRITE : 0));
}

static void
on_socket(struct loop_io *io, int events)
{
	struct redis_conn *c = io->arg;

	if (c->state == REDIS_CONNECTING) {
		finish_connecting(c);
		return;
	}
	if (c->state == REDIS_HANDSHAKE) {
		go_on_handshake(c);
		return;
	}
	if (events & LOOP_READ || (c->tls != NULL && redis_tls_wants_write(c->tls)))
		read_replies(c);
	if ((events & LOOP_WRITE) && c->wire != NULL)
		redis_conn_flush(c);
}

void
redis_conn_flush(struct redis_conn *c)
{
	ssize_t n;

	if (c->steps.script != NULL)
		c->steps.close(c);
	if (c->out.n == 0 || (c->state != REDIS_UP && c->state != REDIS_LOGIN))
		return;
	n = c->tls != NULL ? redis_tls_write(c->tls, c->out.p, c->out.n) :
	    send(c->wire->fd, c->out.p, c->out.n, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		fail_connection(c, wire_why(c));
		return;
	}
	buf_drop(&c->out, n > 0 ? (size_t)n : 0);
	if (c->out.n == 0 && c->out.cap > READER_KEEPS)
		buf_fini(&c->out);
	loop_io_watch(&c->io, LOOP_READ | (c->out.n > 0 ? LOOP_WRITE : 0));
}

static void
connect_now(struct redis_conn *c)
{
	if (c->server->at.port == 0) {		/* Sentinel has not answered yet */
		c->state = REDIS_BACKOFF;
		loop_timer_start(&c->timer, BACKOFF_MIN_MS, 0);
		return;
	}
	c->state = REDIS_CONNECTING;
	c->wire = redisConnectNonBlock(c->server->at.host, c->server->at.port);
	if (c->wire == NULL || c->wire->err != 0) {
		fail_connection(c, c->wire != NULL ? c->wire->errstr : "no memory");
		return;
	}
	c->wire->reader->fn = &builders;
	c->wire->reader->privdata = &c->mem;
	c->wire->reader->maxbuf = READER_KEEPS;
	c->heard_ms = loop_now_ms();
	c->looked_ms = 0;
	loop_io_init(&c->io, c->wire->fd, on_socket, c);
	loop_io_watch(&c->io, LOOP_WRITE);
	loop_timer_start(&c->timer, conf.redis_timeout_ms / 4 + 1, conf.redis_timeout_ms / 4 + 1);
}

static void
on_pong(void *arg, const struct redis_reply *r)
{
	(void)arg;
	(void)r;
}

/* After a pause of this process (stopped, or without a processor) the server's silence means nothing: its answer may
 * lie unread. */
static void
notice_own_pause(struct redis_conn *c)
{
	int64_t now = loop_now_ms();

	if (c->looked_ms > 0 && now - c->looked_ms > conf.redis_timeout_ms)
		c->heard_ms = now;
	c->looked_ms = now;
}

static void
on_check_time(struct loop_timer *t)
{
	struct redis_conn *c = t->arg;
	int64_t silent_ms, ping_ms;

	notice_own_pause(c);
	silent_ms = loop_now_ms() - c->heard_ms;
	ping_ms = c->idle_ping_ms > 0 ? c->idle_ping_ms : IDLE_PING_MS;

	if (c->state == REDIS_BACKOFF)
		connect_now(c);
	else if (c->state != REDIS_UP && silent_ms >= conf.redis_timeout_ms)
		fail_connection(c, "no answer while connecting");
	else if (c->state == REDIS_UP && c->n > 0 && silent_ms >= 2 * conf.redis_timeout_ms)
		fail_connection(c, "no answer");
	else if (c->state == REDIS_UP && c->n == 0 && silent_ms >= ping_ms)
		redis_conn_command(c, on_pong, NULL, "PING");
}

void
redis_conn_open(struct redis_conn *c)
{
	arena_init(&c->mem, ARENA_BYTES);
	loop_timer_init(&c->timer, on_check_time, c);
	connect_now(c);
}

void
redis_conn_hurry(struct redis_conn *c)
{
	if (c->state == REDIS_BACKOFF)
		loop_timer_start(&c->timer, 0, 0);
}

void
redis_conn_move(struct redis_conn *c)
{
	if (c->state != REDIS_CLOSED && c->state != REDIS_BACKOFF)
		fail_connection(c, "the primary has moved");
}

void
redis_conn_close(struct redis_conn *c)
{
	disconnect(c, REDIS_CLOSED);
	buf_fini(&c->out);
	arena_fini(&c->mem);
	free(c->ring);
	c->ring = NULL;
	c->first = c->n = c->cap = 0;
}

void
redis_conn_add(struct redis_conn *c, const char *wire, size_t n, redis_reply_fn *fn, void *arg)
{
	if (c->steps.script != NULL)
		c->steps.close(c);
	buf_add(&c->out, wire, n);
	expect_reply(c, fn, arg);
}

void
redis_conn_command(struct redis_conn *c, redis_reply_fn *fn, void *arg, const char *fmt, ...)
{
	va_list ap;
	size_t n;
	char *wire;

	va_start(ap, fmt);
	wire = redis_format(fmt, ap, &n);
	va_end(ap);
	redis_conn_add(c, wire, n, fn, arg);
	redis_format_free(wire);
}

char *
redis_format(const char *fmt, va_list ap, size_t *n)
{
	char *wire = NULL;
	int bytes = redisvFormatCommand(&wire, fmt, ap);

	if (bytes < 0)
		bug("a Redis command that cannot be formatted");
	*n = (size_t)bytes;
	return wire;
}

void
redis_format_free(char *wire)
{
	redisFreeCommand(wire);
}
