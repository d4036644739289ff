/* pg.c -- statements, transactions and the pool against PostgreSQL at DATABASE_URL (skipped without).
 *
 * In a schema of its own, and under a title of its own, so that it may run beside others.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/trace_ring.h"
#include "link/pg.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "run/loop.h"
#include "tap.h"

enum { MANY = 1000, PROCESSES = 5 };

static struct pg_stmt echo = PG_STMT("select", "users", "SELECT $1::text, $2::bigint, $3::float8, $4::bool");
static struct pg_stmt one = PG_STMT("select", "other", "SELECT $1::int");
static struct pg_stmt nap = PG_STMT("select", "other", "SELECT pg_sleep($1::float8)");
static struct pg_stmt pid = PG_STMT("select", "other", "SELECT pg_backend_pid()");
static struct pg_stmt settings = PG_STMT("select", "other",
    "SELECT current_setting('TimeZone'), current_setting('client_encoding'), "
    "current_setting('application_name'), current_setting('statement_timeout')");
static struct pg_stmt bad_sql = PG_STMT("select", "other", "SELECT nonsense FROM nowhere");
static struct pg_stmt state_error = PG_STMT("select", "other", "SELECT pg_temp.throw($1::text)");
static struct pg_stmt make_throw = PG_STMT("other", "other", "CREATE FUNCTION pg_temp.throw(s text) RETURNS void AS "
    "$$BEGIN RAISE EXCEPTION 'thrown' USING ERRCODE = s; END$$ LANGUAGE plpgsql");
static struct pg_stmt make_schema = PG_STMT("other", "other", NULL);
static struct pg_stmt drop_schema = PG_STMT("other", "other", NULL);
static struct pg_stmt make_table = PG_STMT("other", "other",
    "CREATE TABLE links_test (id int PRIMARY KEY, v text NOT NULL CHECK (v <> 'bad'))");
static struct pg_stmt insert = PG_STMT("insert", "users", "INSERT INTO links_test VALUES ($1, $2)");
static struct pg_stmt get_all = PG_STMT("select", "users", "SELECT * FROM links_test ORDER BY id");
static struct pg_stmt clear = PG_STMT("delete", "users", "DELETE FROM links_test");
static struct pg_stmt clear_new = PG_STMT("delete", "users", "DELETE FROM links_test WHERE id > 100");
static struct pg_stmt add_column = PG_STMT("other", "other", "ALTER TABLE links_test ADD COLUMN w int");
static struct pg_stmt save = PG_STMT("other", "other", "SAVEPOINT s");
static struct pg_stmt undo = PG_STMT("other", "other", "ROLLBACK TO SAVEPOINT s");
static struct pg_stmt kill_others = PG_STMT("select", "other",
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    "  WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()");
static struct pg_stmt count_backends = PG_STMT("select", "other",
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')");
static struct pg_stmt lock = PG_STMT("select", "other", "SELECT pg_try_advisory_lock(hashtext(current_schema()))");

static bool
wait_until(bool (*cond)(void), int64_t ms)
{
	int64_t until = mono_ms() + ms;

	while (!cond() && mono_ms() < until)
		co_sleep(5);
	return cond();
}

static bool is_up(void) { return pg_up(); }

static int64_t
number_of(struct pg *pg, struct pg_stmt *stmt)
{
	struct pg_rows r;

	return pg_query(pg, &r, stmt) == 0 && r.n == 1 ? pg_integer(&r, 0, 0) : -1;
}

static void
test_values(void)
{
	struct pg_rows r;
	char *big = arena_alloc(co_arena(), 1 << 20);

	is_int(pg_query(pg_shared(), &r, &echo, pg_text("한글 'x'"), pg_int(INT64_MIN), pg_num(0.1), pg_bool(true)), 0,
	    "values of every type are sent");
	is_str(pg_string(&r, 0, 0), "한글 'x'", "text comes back");
	ok(pg_integer(&r, 0, 1) == INT64_MIN && pg_number(&r, 0, 2) == 0.1 && pg_integer(&r, 0, 3) == 1,
	    "numbers come back");
	is_int(pg_query(pg_shared(), &r, &echo, pg_text(NULL), pg_int(0), pg_num(0), pg_text(NULL)), 0,
	    "NULL values are sent");
	ok(pg_string(&r, 0, 0) == NULL && pg_string(&r, 0, 3) == NULL && pg_integer(&r, 0, 3) == 0,
	    "NULL comes back as NULL");
	is_int(pg_query(pg_shared(), &r, &echo, pg_text(""), pg_int(0), pg_num(0), pg_bool(false)), 0,
	    "an empty text comes back empty");
	ok(pg_string(&r, 0, 0) != NULL && pg_value(&r, 0, 0).n == 0, "an empty text is not NULL");
	memset(big, 'x', (1 << 20) - 1);
	big[(1 << 20) - 1] = '\0';
	is_int(pg_query(pg_shared(), &r, &echo, pg_text(big), pg_int(0), pg_num(0), pg_bool(true)), 0,
	    "a text of 1 MB is sent");
	is_int(pg_value(&r, 0, 0).n, (1 << 20) - 1, "text comes back unchanged");
	is_int(pg_query(pg_shared(), &r, &settings), 0, "the session's settings can be read");
	is_str(pg_string(&r, 0, 0), "UTC", "the time zone is set");
	is_str(pg_string(&r, 0, 1), "UTF8", "the encoding is set");
	ok(strncmp(pg_string(&r, 0, 2), "dure unit ", 10) == 0, "the application name is set");
	is_str(pg_string(&r, 0, 3), "30s", "the statement timeout is set");
}

static void
test_errors(void)
{
	static const struct { const char *state; int rc; } rows[] = {
		{ "23505", E_CONFLICT }, { "23P01", E_CONFLICT }, { "22P02", E_VALIDATION }, { "23503", E_VALIDATION },
		{ "57014", E_TIMEOUT }, { "40001", E_BUSY }, { "40P01", E_BUSY }, { "57P03", E_DOWN },
		    { "08006", E_DOWN },
		{ "XX000", E_INTERNAL },
	};
	struct pg *pg;
	size_t i;

	is_int(pg_query(pg_shared(), NULL, &make_schema), 0, "a schema is created");
	is_int(pg_query(pg_shared(), NULL, &make_table), 0, "a table is created");
	is_int(pg_query(pg_shared(), NULL, &insert, pg_int(1), pg_text("a")), 0, "a row is inserted");
	is_int(pg_query(pg_shared(), NULL, &insert, pg_int(1), pg_text("a")), E_CONFLICT,
	    "inserting a row twice is E_CONFLICT");
	is_int(pg_query(pg_shared(), NULL, &insert, pg_int(2), pg_text(NULL)), E_VALIDATION,
	    "a violated NOT NULL is reported");
	is_int(pg_query(pg_shared(), NULL, &insert, pg_int(2), pg_text("bad")), E_VALIDATION,
	    "a violated CHECK is reported");
	is_int(pg_query(pg_shared(), NULL, &insert, pg_text("two"), pg_text("a")), E_VALIDATION,
	    "a malformed number is reported");
	is_int(pg_query(pg_shared(), NULL, &insert, pg_int(2), pg_text("\xff")), E_VALIDATION,
	    "malformed UTF-8 is reported");
	is_int(pg_query(pg_shared(), NULL, &bad_sql), E_SCHEMA, "malformed SQL is reported");
	is_int(pg_query(pg_shared(), NULL, &bad_sql), E_SCHEMA, "malformed SQL fails again");
	is_int(pg_take(&pg), 0, "a connection of its own is taken");
	is_int(pg_query(pg, NULL, &make_throw), 0, "a failing statement is reported");
	for (i = 0; i < NELEM(rows); i++)
		is_int(pg_query(pg, NULL, &state_error, pg_text(rows[i].state)), rows[i].rc, "%s", rows[i].state);
	pg_release(&pg);
	ok(pg == NULL, "the connection is released");
}

static int n_right;

static void
ask_own(void *arg)
{
	struct pg_rows r;
	int64_t i = (intptr_t)arg;

	if (i % 10 == 3) {	/* errors between */
		n_right += pg_query(pg_shared(), &r, &insert, pg_int(1), pg_text("a")) == E_CONFLICT;
		return;
	}
	n_right += pg_query(pg_shared(), &r, &one, pg_int(i)) == 0 && r.n == 1 && pg_integer(&r, 0, 0) == i;
}

static void
test_many(void)
{
	struct co_group g = { 0 };
	intptr_t i;

	for (i = 0; i < MANY; i++)
		co_group_spawn(&g, ask_own, (void *)i, 0);
	co_group_wait(&g);
	is_int(n_right, MANY, "each of %d coroutines gets its own answer", MANY);
	ok(scoreboard_db_used() <= 4, "the coroutines share %d connections", scoreboard_db_used());
}

static int n_rows;

static void
count_rows(void *arg)
{
	struct pg_rows r;

	(void)arg;
	n_rows = pg_query(pg_shared(), &r, &get_all) == 0 ? r.n : -1;
}

static void
test_transactions(void)
{
	struct co_group others = { 0 };
	struct pg_rows r;
	struct pg *pg, *second;

	is_int(pg_query(pg_shared(), &r, &clear), 0, "the table is emptied");
	is_int(r.affected, 1, "one row is affected");
	is_int(pg_begin(&pg), 0, "a transaction begins");
	is_int(pg_query(pg, NULL, &insert, pg_int(1), pg_text("a")), 0, "a row is inserted");
	is_int(pg_query(pg_shared(), &r, &get_all), E_INTERNAL,
	    "a second connection is refused to the same coroutine");
	is_int(pg_begin(&second), E_INTERNAL, "a second transaction is refused to the same coroutine");
	ok(second == NULL, "a statement runs inside the transaction");
	co_group_spawn(&others, count_rows, NULL, 0);
	co_group_wait(&others);
	is_int(n_rows, 0, "other connections do not see the row");
	is_int(pg_commit(&pg), 0, "the transaction is committed");
	ok(pg == NULL, "a commit ends the handle");
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "other connections can read");
	ok(r.n == 1 && strcmp(pg_string(&r, 0, 1), "a") == 0, "other connections see the committed row");

	is_int(pg_begin(&pg), 0, "a transaction begins");
	is_int(pg_commit(&pg), 0, "an empty transaction is committed");
	is_int(pg_begin(&pg), 0, "a transaction begins");
	is_int(pg_query(pg, NULL, &insert, pg_int(2), pg_text("b")), 0, "a row is inserted");
	pg_rollback(&pg);
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "a query works after a rollback");
	is_int(r.n, 1, "a rollback leaves no row");

	is_int(pg_begin(&pg), 0, "a transaction begins");
	is_int(pg_query(pg, NULL, &insert, pg_int(1), pg_text("b")), E_CONFLICT,
	    "a conflict inside a transaction is reported");
	is_int(pg_query(pg, NULL, &insert, pg_int(3), pg_text("b")), E_CONFLICT,
	    "later statements of a failed transaction fail likewise");
	is_int(pg_commit(&pg), E_CONFLICT, "the commit of a failed transaction fails");
	is_int(pg_begin(&pg), 0, "a transaction begins");
	is_int(pg_query(pg, NULL, &insert, pg_int(3), pg_text("c")), 0, "a row is inserted");
	is_int(pg_query(pg, NULL, &save), 0, "a savepoint is set");
	is_int(pg_query(pg, NULL, &insert, pg_int(3), pg_text("c")), E_CONFLICT,
	    "a conflict inside a transaction is reported");
	is_int(pg_query(pg, NULL, &undo), 0, "the transaction is rolled back to its savepoint");
	is_int(pg_query(pg, NULL, &insert, pg_int(4), pg_text("c")), 0,
	    "the transaction continues after its savepoint");
	is_int(pg_commit(&pg), 0, "the transaction commits after its savepoint");
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "all rows can be read after the commit");
	is_int(r.n, 3, "three rows are stored");
}

/* Two rows, and what they came to. */
static int
insert_two(int a, int b, struct pg_call calls[3], struct pg_rows *r)
{
	static struct pg_arg first[3], second[3], none[1];

	first[1] = pg_int(a), first[2] = pg_text("a"), second[1] = pg_int(b), second[2] = pg_text("b");
	calls[0] = (struct pg_call){ &insert, first, 3, NULL, 0 };
	calls[1] = (struct pg_call){ &insert, second, 3, NULL, 0 };
	calls[2] = (struct pg_call){ &get_all, none, 1, r, 0 };
	return pg_atomic(calls, 3);
}

static void
test_atomic(void)
{
	struct pg_call calls[3];
	struct pg_rows r;

	is_int(insert_two(101, 102, calls, &r), 0, "two statements and a query are sent at once");
	is_int(r.n, 5, "the query sees both statements");
	is_int(insert_two(103, 101, calls, &r), E_CONFLICT, "a failing statement in a batch is reported");
	ok(calls[0].rc == 0 && calls[1].rc == E_CONFLICT && calls[2].rc < 0,
	    "each statement of a batch has its own result");
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "a query works after a failed batch");
	is_int(r.n, 5, "a failed batch changes nothing");
	is_int(insert_two(103, 104, calls, &r), 0, "the connection is usable after a failed batch");
	is_int(pg_query(pg_shared(), &r, &clear_new), 0, "rows before the batch are unchanged");
	is_int(r.affected, 4, "only the intended rows differ");
}

static void
forget_transaction(void *arg)
{
	struct pg *pg;

	(void)arg;
	if (pg_begin(&pg) == 0)
		pg_query(pg, NULL, &insert, pg_int(9), pg_text("x"));
}

static int slow_rc;

static void
sleep_in_transaction(void *arg)
{
	struct pg *pg;

	if ((slow_rc = pg_begin(&pg)) == 0 && (slow_rc = pg_query(pg, NULL, &insert, pg_int(10), pg_text("x"))) == 0 &&
	    (slow_rc = pg_query(pg, NULL, &nap, pg_num(*(double *)arg))) == 0)
		slow_rc = pg_commit(&pg);
	else if (slow_rc < 0 && pg != NULL && pg_query(pg, NULL, &one, pg_int(1)) == 0)
		slow_rc = 1;
}

static void
sleep_shared(void *arg)
{
	slow_rc = pg_query(pg_shared(), NULL, &nap, pg_num(*(double *)arg));
}

/* The rows stand in memory that the test can read after the coroutine has ended. */
static struct pg_rows left_rows;

static void
ask_traced(void *arg)
{
	struct trace trace;
	struct log_work work = { .trace = &trace };

	(void)arg;
	trace_begin(&trace, NULL);
	log_work(&work);
	slow_rc = pg_query(pg_shared(), &left_rows, &nap, pg_num(0.1));
	log_work(NULL);
}

static void
test_traced(void)
{
	const struct trace_record *r;
	int i;

	for (i = 0; i < 2; i++) {
		co_spawn(ask_traced, NULL, i == 0 ? 0 : 40);
		co_sleep(60);
		left_rows.n = 12345;
		co_sleep(120);
		r = trace_ring_take(TRACE_STORE);
		ok(r != NULL && strcmp(r->name, "SELECT other") == 0, "a recorded statement leaves a span");
		if (i == 0)
			ok(slow_rc == 0 && trace_field(r, "db.response.returned_rows") != NULL,
			    "the span says how many rows were returned");
		else
			ok(slow_rc == E_TIMEOUT && trace_field(r, "db.response.returned_rows") == NULL,
			    "the rows of a coroutine that has ended are not read");
	}
}

static int used_then;
static bool is_one_less(void) { return scoreboard_db_used() == used_then - 1; }
static bool is_unused(void) { return number_of(pg_shared(), &count_backends) == scoreboard_db_used(); }

static void
test_giving_up(void)
{
	static double brief = 0.15, lengthy = 3;
	struct pg_rows r;
	struct co *c;

	co_spawn(forget_transaction, NULL, 0);
	co_sleep(50);
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "a coroutine ends with an open transaction");
	is_int(r.n, 3, "the open transaction is rolled back");
	co_spawn(sleep_in_transaction, &brief, 40);
	co_sleep(80);
	is_int(slow_rc, E_TIMEOUT, "a statement outlives its coroutine");
	co_sleep(200);
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "the transaction of the ended coroutine is found");
	is_int(r.n, 3, "the transaction of the ended coroutine is rolled back");
	c = co_spawn(sleep_in_transaction, &brief, 0);
	co_sleep(20);
	co_cancel(c);
	co_sleep(10);
	is_int(slow_rc, E_CANCELED, "a coroutine is cancelled");
	co_spawn(sleep_shared, &brief, 40);
	is_int(pg_query(pg_shared(), &r, &one, pg_int(5)), 0, "a statement waits behind a slow one");
	is_int(pg_integer(&r, 0, 0), 5, "answers stay in order after a cancellation");
	co_sleep(300);		/* those before let go of the row */
	co_spawn(sleep_in_transaction, &lengthy, 40);
	co_sleep(100);
	used_then = scoreboard_db_used();
	ok(wait_until(is_one_less, 2500), "a connection that stays busy is closed");
	ok(wait_until(is_unused, 5000), "the server ends the statement of the closed connection");
}

static bool
is_answered(void)
{
	struct pg_rows r;

	return pg_query(pg_shared(), &r, &one, pg_int(7)) == 0 && pg_integer(&r, 0, 0) == 7;
}

static void
test_loss(void)
{
	static double lengthy = 5;
	struct slot *me = scoreboard_me();
	struct co_group g = { 0 };
	struct pg *pg, *tx;

	is_int(pg_take(&pg), 0, "a connection of its own is taken");
	is_int(pg_begin(&tx), 0, "a transaction begins");
	is_int(pg_query(tx, NULL, &one, pg_int(1)), 0, "a statement runs inside the transaction");
	co_group_spawn(&g, sleep_shared, &lengthy, 0);
	co_sleep(20);
	ok(number_of(pg, &kill_others) >= 2, "the server's connections are terminated");
	co_group_wait(&g);
	is_int(slow_rc, E_DOWN, "a statement under way fails");
	is_int(pg_query(tx, NULL, &one, pg_int(1)), E_DOWN, "the transaction is lost");
	is_int(pg_commit(&tx), E_DOWN, "the lost transaction is not committed");
	pg_release(&pg);
	ok(wait_until(is_answered, 20000), "a later statement reconnects and prepares again");
	ok(wait_until(is_up, 20000) && (me->links_up & LINK_PG) != 0, "the link is up after reconnecting");
}

static void
test_worn_plan(void)
{
	struct pg_rows r;

	is_int(pg_query(pg_shared(), &r, &get_all), 0, "a statement is prepared");
	is_int(pg_query(pg_shared(), NULL, &add_column), 0, "its table changes");
	is_int(pg_query(pg_shared(), &r, &get_all), E_BUSY, "a statement whose table changed fails once");
	is_int(pg_query(pg_shared(), &r, &get_all), 0, "a statement whose table changed is prepared again");
	is_int(r.columns, 3, "the new plan has the new column");
}

static void
test_idle(void)
{
	conf.db_idle_timeout_ms = 100;
	co_sleep(600);
	is_int(scoreboard_db_used(), 0, "idle connections are closed");
	ok(pg_up(), "closing idle connections does not take the link down");
	is_int(pg_query(pg_shared(), NULL, &one, pg_int(1)), 0, "an idle connection is opened again");
	conf.db_idle_timeout_ms = 30000;
}

static int n_begun;
static struct co_gate give_back;

static bool
is_used_up(void)
{
	return n_begun == 6;
}

static void
hold_one(void *arg)
{
	struct pg *pg;

	(void)arg;
	if (pg_begin(&pg) < 0)
		return;
	n_begun++;
	co_gate_wait(&give_back, -1);
	pg_rollback(&pg);
}

static void
test_budget(void)
{
	struct pg *held[10], *pg;
	struct co_group holders = { 0 };
	int64_t from;
	int i, n, rc;

	for (i = 0; i < 6; i++)
		co_group_spawn(&holders, hold_one, NULL, 0);
	ok(wait_until(is_used_up, 20000), "the whole connection budget can be used");
	conf.db_connection_timeout_ms = 300;
	is_int(pg_begin(&pg), E_BUSY, "a connection over the budget is E_BUSY");
	from = mono_ms();
	is_int(pg_query(pg_shared(), NULL, &one, pg_int(1)), E_BUSY, "a statement over the budget is E_BUSY");
	ok(mono_ms() - from >= 300 && mono_ms() - from < 3000, "E_BUSY comes after DB_CONNECTION_TIMEOUT");
	conf.db_connection_timeout_ms = 20000;
	co_gate_wake_all(&give_back);
	co_group_wait(&holders);
	is_int(pg_query(pg_shared(), NULL, &one, pg_int(1)), 0, "a waiting caller gets a returned connection");
	for (i = n = rc = 0; i < 10 && rc == 0; i++)
		n += (rc = pg_take(&held[i])) == 0;
	is_int(n, 5, "sessions leave one connection");
	is_int(pg_query(pg_shared(), NULL, &one, pg_int(1)), 0, "the remaining connection serves statements");
	is_int(number_of(held[0], &lock), 1, "a session holds a lock");
	is_int(number_of(held[1], &lock), 0, "another session does not get the lock");
	pg_release(&held[0]);
	for (i = 0, rc = 0; i < 200 && rc == 0; i++)
		rc = co_sleep(20) < 0 ? -1 : (int)number_of(held[1], &lock);
	is_int(rc, 1, "the other session gets the lock when the first is released");
	for (i = 1; i < n; i++)
		pg_release(&held[i]);
	is_int(pg_begin(&pg), 0, "a transaction begins after the wait");
	ok(number_of(pg, &pid) > 0, "a statement works after the wait");
	pg_rollback(&pg);
}

static void
run_tests(void *arg)
{
	(void)arg;
	pg_open();
	ok(wait_until(is_up, 10000), "the pool is connected");
	test_values();
	test_errors();
	test_many();
	test_transactions();
	test_atomic();
	test_traced();
	test_giving_up();
	test_loss();
	test_worn_plan();
	test_idle();
	test_budget();
	is_int(pg_query(pg_shared(), NULL, &drop_schema), 0, "the schema is dropped");
	pg_close();
	is_int(pg_query(pg_shared(), NULL, &one, pg_int(1)), E_DOWN, "every connection is closed");
	is_int(scoreboard_db_used(), 0, "the connection budget is whole again");
	loop_stop();
}

/* A server that hangs up on everybody. */
static int
deaf_server(char *url, size_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		abort();
	snprintf(url, n, "postgres://dure@127.0.0.1:%d/x", ntohs(a.sin_port));
	return fd;
}

static int tries;

static void
hang_up(struct loop_io *io, int events)
{
	int c = accept(io->fd, NULL, NULL);

	(void)events;
	if (c >= 0)
		close(c);
	tries++;
}

static void
test_down(void *arg)
{
	int64_t from = mono_ms(), longest = 0, t;
	int down = 0, asked = 0;
	struct loop_io io;

	loop_io_init(&io, *(int *)arg, hang_up, NULL);
	loop_io_watch(&io, LOOP_READ);
	pg_open();
	while (mono_ms() - from < 1500) {
		t = mono_ms();
		down += pg_query(pg_shared(), NULL, &one, pg_int(1)) == E_DOWN;
		longest = mono_ms() - t > longest ? mono_ms() - t : longest;
		asked++;
		co_sleep(5);
	}
	ok(asked > 20 && down == asked, "a server that is down answers E_DOWN, %d times", down);
	ok(tries >= 3 && tries <= 20, "a server that is down gets few connections (%d)", tries);
	ok(longest < 500 && !pg_up(), "no caller waits long for a server that is down");
	pg_close();
	loop_io_watch(&io, 0);
	loop_stop();
}

/* One process of several that share two connections. */
static void
compete(void *arg)
{
	const int64_t from = mono_ms();
	int right = 0, busy = 0, other = 0, rc;
	struct pg *pg;

	(void)arg;
	pg_open();
	while (mono_ms() - from < 3000 || (right < 20 && mono_ms() - from < 30000)) {
		if (right % 4 == 3) {
			if ((rc = pg_begin(&pg)) == 0 && (rc = pg_query(pg, NULL, &nap, pg_num(0.002))) == 0)
				rc = pg_commit(&pg);
			else
				pg_rollback(&pg);
		} else {
			rc = pg_query(pg_shared(), NULL, &one, pg_int(1));
		}
		right += rc == 0;
		busy += rc == E_BUSY;
		other += rc < 0 && rc != E_BUSY;
	}
	if (getenv("TEST_LOG") != NULL)
		diag("right %d busy %d other %d", right, busy, other);
	pg_close();
	_exit(right >= 20 && busy == 0 && other == 0 ? 0 : 1);
}

static void
in_loop(void (*fn)(void *), void *arg)
{
	loop_init();
	co_spawn(fn, arg, 0);
	loop_run();
	loop_fini();
}

static void
test_processes(void)
{
	pid_t children[PROCESSES];
	int i, status, good = 0;

	scoreboard_create(2);
	for (i = 0; i < PROCESSES; i++) {
		int slot = scoreboard_take(PROC_HTTP, i + 1, 1);

		if ((children[i] = fork()) == 0) {
			scoreboard_self(slot);
			in_loop(compete, NULL);
			_exit(2);
		}
	}
	for (i = 0; i < PROCESSES; i++)
		good += waitpid(children[i], &status, 0) > 0 && status == 0;
	is_int(good, PROCESSES, "%d processes that share two connections all advance, none is refused", PROCESSES);
	is_int(scoreboard_db_used(), 0, "every connection is returned");
}

int
main(void)
{
	const char *url = getenv("DATABASE_URL"), *why;
	struct arena mem;
	char deaf[64], schema[32];
	int fd;

	if (url == NULL)
		skip_all("no DATABASE_URL");
	arena_init(&mem, 4096);
	snprintf(schema, sizeof(schema), "unit_pg_%d", (int)getpid());
	make_schema.sql = arena_printf(&mem, "CREATE SCHEMA %s", schema);
	drop_schema.sql = arena_printf(&mem, "DROP SCHEMA %s CASCADE", schema);
	url = arena_printf(&mem, "%s%soptions=-csearch_path%%3D%s", url, strchr(url, '?') != NULL ? "&" : "?", schema);
	if (conf_load(&conf, &mem, NULL, NULL, (char *[]){ "DB_CONNECTION_TIMEOUT=20000", NULL }, &why) < 0)
		return 1;
	conf.database_url = url;
	log_to(getenv("TEST_LOG") != NULL ? 2 : -1);
	scoreboard_create(6);
	scoreboard_self(scoreboard_take(PROC_HTTP, 1, 1));
	snprintf(scoreboard_me()->title, SLOT_TITLE_BYTES, "unit %d", (int)getpid());
	trace_ring_open(16, true, false, NULL);
	in_loop(run_tests, NULL);
	fd = deaf_server(deaf, sizeof(deaf));
	conf.database_url = deaf;
	in_loop(test_down, &fd);
	close(fd);
	conf.database_url = url;
	test_processes();
	arena_fini(&mem);
	return done_testing();
}
