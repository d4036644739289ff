/* pgconn.c -- one connection to PostgreSQL: opening, reading, writing, losing it. See pgconn.h; statements are in
 * pgop.c.
 *
 * libpq 15 writes at every Sync. The socket is corked from the second statement of a loop turn on, so that statements
 * leave together; pgconn_flush uncorks it.
 */
#include "pgconn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "libpq.h"
#include "proc/scoreboard.h"

#define SERVER_OPTIONS	"-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 " \
			"-c client_connection_check_interval=2000 -c TimeZone=UTC"

static void
drop_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/* Our settings first, so that the operator's win. */
static const char *
find_options(struct arena *mem, const char *address)
{
	PQconninfoOption *all = PQconninfoParse(address, NULL), *o;
	const char *found = SERVER_OPTIONS;

	if (all == NULL)
		/* libpq's message may contain the password */
		die("a PostgreSQL address (DATABASE_URL, DB_*, DATABASE_REPLICA_URL) is malformed");
	for (o = all; o->keyword != NULL; o++)
		if (strcmp(o->keyword, "options") == 0 && o->val != NULL)
			found = arena_printf(mem, "%s %s", SERVER_OPTIONS, o->val);
	PQconninfoFree(all);
	return found;
}

void
pgconn_server_init(struct pgconn_server *s, struct arena *mem, const char *name, const char *address,
    const struct pgconn_hooks *hooks)
{
	*s = (struct pgconn_server){ .hooks = hooks, .name = name, .address = address,
	    .options = find_options(mem, address) };
}

void
pgconn_close(struct pgconn *c)
{
	if (c->state == PGCONN_LOST)
		return;
	c->state = PGCONN_LOST;
	loop_timer_stop(&c->timer);
	if (c->db != NULL) {
		loop_io_watch(&c->io, 0);
		PQfinish(c->db);
		c->db = NULL;
	}
	pgconn_drop_ops(c);
}

void
pgconn_free(struct pgconn **cp)
{
	pgconn_close(*cp);
	free((*cp)->prepared);
	free(*cp);
	*cp = NULL;
}

void
pgconn_fail(struct pgconn *c, const char *why)
{
	if (c->state == PGCONN_LOST)
		return;
	if (c->state == PGCONN_UP)
		log_warn("postgres connection lost", JS("server", c->server->name), JS("reason", why));
	else if (!c->server->complained)
		log_warn("postgres cannot be reached", JS("server", c->server->name), JS("error", why));
	c->server->complained = c->state == PGCONN_OPENING;
	pgconn_close(c);
	c->server->hooks->on_lost(c);
}

static void
finish_opening(struct pgconn *c)
{
	loop_timer_stop(&c->timer);
	if (PQsetnonblocking(c->db, 1) < 0 || PQenterPipelineMode(c->db) != 1) {
		pgconn_fail(c, PQerrorMessage(c->db));
		return;
	}
	c->state = PGCONN_UP;
	c->was_up = true;
	c->server->complained = false;
	loop_io_watch(&c->io, LOOP_READ);
	c->server->hooks->on_up(c);
}

static void on_socket(struct loop_io *io, int events);

/* Continues opening. libpq may use another socket each time. */
static void
poll_opening(struct pgconn *c)
{
	PostgresPollingStatusType next;

	loop_io_watch(&c->io, 0);
	next = PQconnectPoll(c->db);
	if (next == PGRES_POLLING_FAILED) {
		pgconn_fail(c, PQerrorMessage(c->db));
		return;
	}
	loop_io_init(&c->io, PQsocket(c->db), on_socket, c);
	if (next == PGRES_POLLING_OK)
		finish_opening(c);
	else
		loop_io_watch(&c->io, next == PGRES_POLLING_READING ? LOOP_READ : LOOP_WRITE);
}

static void
on_socket(struct loop_io *io, int events)
{
	struct pgconn *c = io->arg;

	if (c->state == PGCONN_OPENING) {
		poll_opening(c);
		return;
	}
	if (events & LOOP_WRITE)
		pgconn_flush(c);
	if (c->state != PGCONN_UP || !(events & LOOP_READ))
		return;
	if (PQconsumeInput(c->db) != 1 && c->first == NULL)
		pgconn_fail(c, "closed by the server");
	else
		pgconn_take_results(c);
}

static void
on_open_time(struct loop_timer *t)
{
	struct pgconn *c = t->arg;

	pgconn_fail(c, c->db == NULL || PQstatus(c->db) == CONNECTION_BAD
	    ? "cannot start to connect" : "no answer while connecting");
}

struct pgconn *
pgconn_open(struct pgconn_server *server)
{
	struct slot *me = scoreboard_me();
	char name[SLOT_TITLE_BYTES + 8];
	const char *const keys[] = { "dbname", "application_name", "client_encoding", "options", "keepalives_idle",
		"tcp_user_timeout", NULL };
	const char *const values[] = { server->address, name, "UTF8", server->options, "30", "10000", NULL };
	struct pgconn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		bug("no memory for a connection");
	snprintf(name, sizeof(name), "dure %s", me != NULL ? me->title : "");
	c->server = server;
	c->opened_ms = loop_now_ms();
	loop_timer_init(&c->timer, on_open_time, c);
	c->db = PQconnectStartParams(keys, values, 1);
	if (c->db == NULL || PQstatus(c->db) == CONNECTION_BAD) {
		loop_io_init(&c->io, -1, on_socket, c);
		loop_timer_start(&c->timer, 0, 0);
		return c;
	}
	PQsetNoticeProcessor(c->db, drop_notice, NULL);
	loop_io_init(&c->io, PQsocket(c->db), on_socket, c);
	loop_io_watch(&c->io, LOOP_WRITE);
	loop_timer_start(&c->timer, conf.db_connection_timeout_ms, 0);
	return c;
}

static void
set_cork(struct pgconn *c, int on)
{
	if (c->corked != on && setsockopt(PQsocket(c->db), IPPROTO_TCP, TCP_CORK, &on, sizeof(on)) == 0)
		c->corked = on;
}

void
pgconn_cork(struct pgconn *c)
{
	if (c->unflushed++ > 0)
		set_cork(c, 1);
}

void
pgconn_flush(struct pgconn *c)
{
	int rc;

	if (c->state != PGCONN_UP)
		return;
	set_cork(c, 0);
	c->unflushed = 0;
	if ((rc = PQflush(c->db)) < 0)
		pgconn_take_results(c);	/* the server's last message before the loss */
	else
		loop_io_watch(&c->io, LOOP_READ | (rc > 0 ? LOOP_WRITE : 0));
}

void
pgconn_drained(struct pgconn *c)
{
	c->server->hooks->on_drained(c);
}
