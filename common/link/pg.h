/* pg.h -- PostgreSQL as calls that yield.
 *
 * `pg_shared()` is for single statements: concurrent coroutines share a few pipelined connections, each statement its
 * own transaction. `pg_begin` takes a connection alone for one transaction. Both are a `struct pg`, so the functions of
 * domain/ work in either. Statements are static `struct pg_stmt`, prepared once a connection. The connections of all
 * processes of the host come out of one budget (DB_POOL_MAX, proc/scoreboard). Statements are canceled by the server
 * after 30 s (E_TIMEOUT); the coroutine's own deadline may be sooner. Owns: libpq. See: pgconn.c (a connection),
 * pgpool.c (who gets one), pgreplica.c (the other server), t/unit/pg.c.
 */
#ifndef LINK_PG_H
#define LINK_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct pg;

/* A statement: define it `static struct pg_stmt find_x = PG_STMT("select", "products", "SELECT …$1…");` */
struct pg_stmt {
	const char	*operation, *table;	/* metric labels */
	const char	*sql;
	char		 name[24];		/* made at first use, as is the metric cell */
	int		 cell, id;
};
#define PG_STMT(operation, table, sql)	{ operation, table, sql, "", -1, 0 }

/* One argument, sent as text: pg_text(NULL) is NULL. */
struct pg_arg {
	const char	*p;
	char		 number[NUM_TEXT_BYTES];	/* used when not empty */
};
struct pg_arg	 pg_text(const char *s);		/* borrowed until the call returns */
struct pg_arg	 pg_int(int64_t v);
struct pg_arg	 pg_num(double v);
struct pg_arg	 pg_bool(bool v);

/* "{1,2,3}" in `mem`: an argument of type bigint[]. */
const char	*pg_bigints(struct arena *mem, const int64_t *v, size_t n);
/* The same for text[]; NULL is a NULL element. */
const char	*pg_texts(struct arena *mem, const char *const *v, size_t n);

/* Rows, copied into the coroutine's arena. Values are text; NULL is p == NULL. */
struct pg_rows {
	int		 n, columns;
	struct str	*v;		/* n * columns */
	int64_t		 affected;	/* rows changed by INSERT, UPDATE, DELETE */
};
struct str	 pg_value(const struct pg_rows *r, int row, int column);
const char	*pg_string(const struct pg_rows *r, int row, int column);	/* NULL for NULL */
int64_t		 pg_integer(const struct pg_rows *r, int row, int column);	/* 0 for NULL */
double		 pg_number(const struct pg_rows *r, int row, int column);

/* The cell of a table of the schema for M_PG_TABLE_BYTES; -1: unknown. */
int	 pg_stat_table(const char *table);

/* Open the pool of this process: it starts one connection now and others when needed. Once a process. A host name is
 * resolved in the loop, blocking: give an address where the resolver is slow. */
void	 pg_open(void);
/* Statements under way and coroutines waiting get E_DOWN. Handles may still be released. */
void	 pg_close(void);
bool	 pg_up(void);		/* the last attempt to use it worked; tried again by itself */
bool	 pg_silent(void);	/* no answer came for 15 s, be it that nothing was asked */

/* For single statements; never NULL, does not yield. A coroutine that has a transaction open is refused (E_INTERNAL,
 * logged), here and by pg_begin, pg_atomic and pg_take: with a small budget the connection it waits for may be the one
 * it holds. */
struct pg *pg_shared(void);
/* The same, but each statement sees and changes only what row-level security leaves to this user (`dure.user`; the
 * policies are in sql/): for what is done in a request's name on tables that belong to users. Lives in the coroutine's
 * arena. A name that is no user's id, to whom no row could belong, gets E_FORBIDDEN from pg_query; NULL too, so that a
 * forgotten check shows nobody's rows. */
struct pg *pg_as(const char *user);
/* For reads of `subject` (a product, a user, …; NULL: of nothing in particular) that may be behind by
 * DATABASE_REPLICA_MAX_LAG: the replica (DATABASE_REPLICA_URL), or the shared connections where there is none, it is
 * away or too far behind, or a process of this host has written about the subject so lately that the replica may not
 * have it (pg_wrote). When the replica fails, or has not answered within DATABASE_REPLICA_TIMEOUT, the statement is run
 * again on the primary. Only in processes that called pg_replica_open; never NULL, does not yield. */
struct pg *pg_reads(const char *subject);
/* Record that something about the subject is being written; before the commit or soon after it. Where answers are
 * cached under a name that every host learns of at once (search_cache.c), the change of that name counts as a write
 * too. */
void	 pg_wrote(const char *subject);
void	 pg_replica_open(void);		/* once, after pg_open; closed by pg_close */
/* For health: false when no replica is configured. *lag_ms: how far it is behind; -1: not known, it is away. *used: it
 * is read from. */
bool	 pg_replica_state(int64_t *lag_ms, bool *used);
/* Run one statement. Yields. 0; E_DOWN (connection lost), E_BUSY (no connection within DB_CONNECTION_TIMEOUT),
 * E_CONFLICT (unique or exclusion violation), E_VALIDATION (a value the column refuses), E_TIMEOUT, E_CANCELED,
 * E_SCHEMA (a table, column or function is missing), E_INTERNAL; the last two are logged with SQLSTATE. `out` may be
 * NULL. */
#define pg_query(pg, out, stmt, ...) \
	pg_query_n(pg, out, stmt, (struct pg_arg[]){ { NULL, "" }, ##__VA_ARGS__ }, \
	    sizeof((struct pg_arg[]){ { NULL, "" }, ##__VA_ARGS__ }) / sizeof(struct pg_arg))
/* The same for a statement that must have a row; E_NOT_FOUND when it has none. */
#define pg_need(pg, out, stmt, ...) \
	pg_need_n(pg, out, stmt, (struct pg_arg[]){ { NULL, "" }, ##__VA_ARGS__ }, \
	    sizeof((struct pg_arg[]){ { NULL, "" }, ##__VA_ARGS__ }) / sizeof(struct pg_arg))
/* args[0] is a placeholder */
int	 pg_query_n(struct pg *pg, struct pg_rows *out, struct pg_stmt *stmt, struct pg_arg *args, size_t n);
int	 pg_need_n(struct pg *pg, struct pg_rows *out, struct pg_stmt *stmt, struct pg_arg *args, size_t n);

/* A transaction on a connection of its own: begin (travels with the first statement), then pg_commit or pg_rollback,
 * after which *pg is NULL. A coroutine that ends with one open rolls back (co_defer). pg_commit: 0 only when PostgreSQL
 * said so, else it was rolled back and the first error is returned. pg_begin yields for a connection (E_BUSY, E_DOWN,
 * …), pg_commit for the answer; pg_rollback does not yield. The handle lives in the coroutine's arena: a coroutine that
 * runs for ever starts one for each unit of work. After an error the transaction refuses statements with that error,
 * unless a statement rolled it back to a savepoint (SAVEPOINT and ROLLBACK TO are ordinary statements). */
int	 pg_begin(struct pg **pg);
/* The same in this user's name, as pg_as; it costs no round trip more. E_FORBIDDEN besides. */
int	 pg_begin_as(struct pg **pg, const char *user);
int	 pg_commit(struct pg **pg);
void	 pg_rollback(struct pg **pg);
/* End it: commit when `rc` is 0, else roll back; returns `rc`, or what the commit said. Yields. */
int	 pg_end(struct pg **pg, int rc);

/* Several statements as one transaction in one round trip: none waits for the answer to another, so what they lock is
 * held no longer than the server needs. `rc` of each is its own; errors as pg_query. Yields. 0 when PostgreSQL has
 * committed; else the first error, and nothing was done, but with E_DOWN, E_TIMEOUT and E_CANCELED that is not known.
 */
struct pg_call {
	struct pg_stmt	*stmt;
	struct pg_arg	*args;		/* args[0] is a placeholder, as in pg_query_n */
	size_t		 n;		/* with it */
	struct pg_rows	*out;		/* NULL: the rows are not wanted */
	int		 rc;
};
int	 pg_atomic(struct pg_call *calls, size_t n);

/* Take a session-level connection alone, outside any transaction (advisory locks, a cursor beside other statements);
 * give it back with pg_release, which closes it, and so releases its locks. Never the last of the budget: then E_BUSY.
 * Errors else as pg_begin. */
int	 pg_take(struct pg **pg);
void	 pg_release(struct pg **pg);

#endif
