/* pg.c -- statements and transactions, as a coroutine sees them. See pg.h.
 *
 * Yields: pg_query_n pg_begin pg_commit pg_atomic pg_take.
 * A handle lives in its coroutine's arena, so the deferred clean-up finds it however the coroutine ends.
 */
#include "pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/user_id.h"
#include "pgpool.h"
#include "pgreplica.h"
#include "run/co.h"

static const struct pgreplica *second;	/* NULL: no replica is configured, or it is closed */

/* The state of a handle: outside a transaction; before its first statement; inside. */
enum where { OUTSIDE, FRESH, WITHIN };

struct pg {
	struct pgconn	*conn;		/* NULL: a shared connection, or released */
	enum where	 where;
	int		 broken;	/* the error that makes the handle unusable */
	int		 failed;	/* the error that failed the transaction */
	const char	*user;		/* the user for row-level security; NULL: none, which sees every row */
	bool		 shared;	/* single statements */
};

static struct pg shared = { .shared = true }, replica = { .shared = true };
static struct pg_stmt commit = PG_STMT("commit", "", "COMMIT");
static struct pg_stmt rollback = PG_STMT("rollback", "", "ROLLBACK");

struct pg_arg
pg_text(const char *s)
{
	return (struct pg_arg){ s, "" };
}

struct pg_arg
pg_int(int64_t v)
{
	struct pg_arg a = { NULL, "" };

	snprintf(a.number, sizeof(a.number), "%lld", (long long)v);
	return a;
}

struct pg_arg
pg_num(double v)
{
	struct pg_arg a = { NULL, "" };

	num_text(a.number, v);
	return a;
}

const char *
pg_bigints(struct arena *mem, const int64_t *v, size_t n)
{
	char *list = arena_alloc(mem, n * 21 + 3), *to = list;
	size_t i;

	*to++ = '{';
	for (i = 0; i < n; i++)
		to += sprintf(to, "%s%lld", i > 0 ? "," : "", (long long)v[i]);
	*to++ = '}';
	*to = '\0';
	return list;
}

const char *
pg_texts(struct arena *mem, const char *const *v, size_t n)
{
	size_t bytes = 3, i;
	char *list, *to;
	const char *p;

	for (i = 0; i < n; i++)
		bytes += v[i] != NULL ? 2 * strlen(v[i]) + 3 : 5;
	list = to = arena_alloc(mem, bytes);
	*to++ = '{';
	for (i = 0; i < n; i++) {
		if (i > 0)
			*to++ = ',';
		if (v[i] == NULL) {
			to = stpcpy(to, "NULL");
			continue;
		}
		*to++ = '"';
		for (p = v[i]; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				*to++ = '\\';
			*to++ = *p;
		}
		*to++ = '"';
	}
	*to++ = '}';
	*to = '\0';
	return list;
}

struct pg_arg
pg_bool(bool v)
{
	return pg_text(v ? "t" : "f");
}

struct str
pg_value(const struct pg_rows *r, int row, int column)
{
	if (row < 0 || row >= r->n || column < 0 || column >= r->columns)
		bug("no such row or column");
	return r->v[row * r->columns + column];
}

const char *
pg_string(const struct pg_rows *r, int row, int column)
{
	return pg_value(r, row, column).p;
}

int64_t
pg_integer(const struct pg_rows *r, int row, int column)
{
	const char *p = pg_string(r, row, column);

	return p == NULL ? 0 : *p == 't' ? 1 : strtoll(p, NULL, 10);
}

double
pg_number(const struct pg_rows *r, int row, int column)
{
	const char *p = pg_string(r, row, column);

	return p == NULL ? 0 : strtod(p, NULL);
}

void
pg_open(void)
{
	pg_stat_open();
	pgpool_open();
}

void
pg_set_replica(const struct pgreplica *r)
{
	second = r;
}

void
pg_close(void)
{
	if (second != NULL)
		second->close();
	second = NULL;
	pgpool_close();
}

bool
pg_up(void)
{
	return pgpool_up();
}

bool
pg_silent(void)
{
	return pgpool_silent();
}

struct pg *
pg_shared(void)
{
	return &shared;
}

struct pg *
pg_as(const char *user)
{
	struct pg *pg = arena_zalloc(co_arena(), sizeof(*pg));

	pg->shared = true;
	pg->broken = user != NULL && user_id_valid(user) ? 0 : E_FORBIDDEN;
	pg->user = arena_strdup(co_arena(), user);
	return pg;
}

struct pg *
pg_reads(const char *subject)
{
	return second != NULL && second->fit(subject) ? &replica : &shared;
}

static int
query_shared(struct pg *pg, struct pg_rows *out, struct pg_stmt *stmt, const struct pg_arg *args, size_t n)
{
	struct pgconn *c;
	bool answered, undone;
	int rc = pg->broken < 0 ? pg->broken : pgpool_shared(&c);

	return rc < 0 ? rc : pgconn_query(c, false, pg->user, stmt, args, n, out, &answered, &undone);
}

/* On a connection of its own. *undone as in pgconn_query. */
static int
query_alone(struct pg *pg, struct pg_rows *out, struct pg_stmt *stmt, const struct pg_arg *args, size_t n, bool *undone)
{
	bool answered;
	int rc;

	*undone = false;
	if (pg->conn == NULL)
		bug("a statement on a handle that was given back");
	if (pg->broken < 0)
		return pg->broken;
	rc = pgconn_query(pg->conn, pg->where == FRESH, pg->where == FRESH
	    ? pg->user : NULL, stmt, args, n, out, &answered, undone);
	if (pg->where == FRESH)
		pg->where = WITHIN;
	if (!answered || pg->conn->state != PGCONN_UP)
		pg->broken = rc < 0 ? rc : E_DOWN;
	else if (pg->conn->tx != PGCONN_FAILED_TX)
		pg->failed = 0;
	else if (pg->failed == 0)
		pg->failed = rc;
	return rc < 0 && pg->failed < 0 ? pg->failed : rc;
}

int
pg_query_n(struct pg *pg, struct pg_rows *out, struct pg_stmt *stmt, struct pg_arg *args, size_t n)
{
	bool undone;
	int rc;

	if (out != NULL)
		*out = (struct pg_rows){ 0 };
	if (pg == &replica && second != NULL && second->query(out, stmt, args + 1, n - 1, &rc))
		return rc;
	return pg->shared ? query_shared(pg, out, stmt, args + 1, n - 1)
	    : query_alone(pg, out, stmt, args + 1, n - 1, &undone);
}

int
pg_need_n(struct pg *pg, struct pg_rows *out, struct pg_stmt *stmt, struct pg_arg *args, size_t n)
{
	int rc = pg_query_n(pg, out, stmt, args, n);

	return rc == 0 && out->n == 0 ? E_NOT_FOUND : rc;
}

/* Runs at the end of the coroutine: rolls back what was not committed. */
static void
clean_up(void *p)
{
	struct pg *pg = p;

	if (pg->conn == NULL)
		return;
	if (pg->where == OUTSIDE)
		pg_release(&pg);
	else
		pg_rollback(&pg);
}

static struct pg *
make_handle(struct pgconn *c, enum where where)
{
	struct pg *pg = arena_zalloc(co_arena(), sizeof(*pg));

	pg->conn = c;
	pg->where = where;
	co_defer(clean_up, pg);
	return pg;
}

int
pg_begin(struct pg **pg)
{
	struct pgconn *c;
	int rc = pgpool_take(&c);

	*pg = rc < 0 ? NULL : make_handle(c, FRESH);
	return rc;
}

int
pg_begin_as(struct pg **pg, const char *user)
{
	int rc;

	*pg = NULL;
	if (user == NULL || !user_id_valid(user))
		return E_FORBIDDEN;
	if ((rc = pg_begin(pg)) == 0)
		(*pg)->user = arena_strdup(co_arena(), user);
	return rc;
}

int
pg_commit(struct pg **pgp)
{
	struct pg *pg = *pgp;
	bool undone;
	int rc;

	if (pg->where == FRESH || pg->broken < 0 || pg->failed < 0) {
		rc = pg->broken < 0 ? pg->broken : pg->failed;
		pg_rollback(pgp);
		return rc;
	}
	rc = query_alone(pg, NULL, &commit, NULL, 0, &undone);
	*pgp = NULL;
	pgpool_give(&pg->conn, false);
	return rc < 0 ? rc : undone ? E_INTERNAL : 0;
}

void
pg_rollback(struct pg **pgp)
{
	struct pg *pg = *pgp;

	*pgp = NULL;
	if (pg == NULL)
		return;
	if (pg->where == WITHIN && pg->conn->state == PGCONN_UP)
		pgconn_post(pg->conn, &rollback);
	pgpool_give(&pg->conn, false);
}

int
pg_atomic(struct pg_call *calls, size_t n)
{
	bool answered, undone;
	struct pgconn *c;
	size_t i;
	int rc, last;

	if ((rc = pgpool_take(&c)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		if (calls[i].out != NULL)
			*calls[i].out = (struct pg_rows){ 0 };
	last = pgconn_atomic(c, &commit, calls, n, &answered, &undone);
	if (!answered && c->state == PGCONN_UP)
		pgconn_post(c, &rollback);
	pgpool_give(&c, false);
	for (i = 0; i < n && rc == 0; i++)
		rc = calls[i].rc;
	return rc < 0 ? rc : last < 0 ? last : undone ? E_INTERNAL : 0;
}

int
pg_take(struct pg **pg)
{
	struct pgconn *c;
	int rc = pgpool_take_session(&c);

	*pg = rc < 0 ? NULL : make_handle(c, OUTSIDE);
	return rc;
}

void
pg_release(struct pg **pgp)
{
	struct pg *pg = *pgp;

	*pgp = NULL;
	if (pg != NULL)
		pgpool_give(&pg->conn, true);
}

int
pg_end(struct pg **pg, int rc)
{
	if (rc == 0)
		return pg_commit(pg);
	pg_rollback(pg);
	return rc;
}
