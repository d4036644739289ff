/* pgconn.h -- one connection to PostgreSQL in pipeline mode, for pg.c and pgpool.c only: statements go in, results come
 * back in order. Each statement has its own Sync, so an error stops only that one.
 *
 * The pool owns the connections and hears what becomes of them (struct pgconn_hooks). A statement whose coroutine gave
 * up still runs; its result is dropped.
 */
#ifndef LINK_PGCONN_H
#define LINK_PGCONN_H

#include "pg.h"
#include "run/loop.h"

enum pgconn_state { PGCONN_OPENING, PGCONN_UP, PGCONN_LOST };
enum pgconn_tx { PGCONN_NO_TX, PGCONN_IN_TX, PGCONN_FAILED_TX };	/* as of the last result */

/* What the pool uses a connection for. */
enum pgconn_role { ROLE_IDLE, ROLE_SHARED, ROLE_ALONE, ROLE_DRAINING };

struct co;
struct pgop;
struct pgconn {
	enum pgconn_state state;
	enum pgconn_tx	 tx;
	int		 depth;		/* statements under way */
	bool		 worn;		/* its prepared statements are out of date: close it when it is drained */
	bool		 was_up;
	int64_t		 opened_ms;
	/* The pool's. */
	struct pgconn	*next;
	enum pgconn_role role;
	int64_t		 since_ms;	/* since when it is idle, or draining */
	int		 reserved;	/* coroutines that were given it and have not run yet */
	bool		 borrowed;	/* counts in the budget */
	bool		 session;	/* taken for long */
	struct co	*holder;	/* has it alone; NULL: none */
	bool		 abandoned;	/* given back with statements under way */
	bool		 leaving;	/* close it when it is drained */
	/* Private. */
	struct pgconn_server *server;
	void		*db;		/* PGconn */
	struct loop_io	 io;
	struct loop_timer timer;
	struct pgop	*first, *last;
	uint64_t	*prepared;	/* bit set of statement ids */
	int		 prepared_words;
	int		 unflushed, corked;	/* statements of this loop turn */
	int64_t		 moved_us;	/* when the head of the queue became it */
};

struct pgconn_hooks {
	void	(*on_up)(struct pgconn *c);
	void	(*on_drained)(struct pgconn *c);	/* no statement is under way any more */
	void	(*on_lost)(struct pgconn *c);		/* also when it could not be opened; `state` is PGCONN_LOST */
};

/* A server: its address, and the hooks of its connections. In the pool's memory. */
struct pgconn_server {
	const struct pgconn_hooks *hooks;
	const char	*name;		/* in the log */
	const char	*address, *options;
	bool		 complained;	/* that it cannot be reached; once until it can */
};
/* Parse the address, a connection string of libpq; texts live in `mem`. A malformed one is fatal. */
void	 pgconn_server_init(struct pgconn_server *s, struct arena *mem, const char *name, const char *address,
    const struct pgconn_hooks *hooks);
/* Starts connecting. Never NULL; a hook reports the outcome, after this has returned. */
struct pgconn *pgconn_open(struct pgconn_server *server);
/* Closes without a hook; waiting coroutines get E_DOWN. The struct stays, PGCONN_LOST, until pgconn_free. */
void	 pgconn_close(struct pgconn *c);
void	 pgconn_free(struct pgconn **c);
/* As if the server had gone. */
void	 pgconn_fail(struct pgconn *c, const char *why);
/* Write what was queued; once a loop turn. */
void	 pgconn_flush(struct pgconn *c);
/* Milliseconds the statement at the head has kept the others waiting; 0 when there is none. */
int64_t	 pgconn_stuck_ms(const struct pgconn *c);

/* Run a statement (after BEGIN when `begin`; in this user's name, NULL: in none, until the transaction ends). Yields.
 * Errors as pg_query. *answered is false when the coroutine stopped waiting before the result came; *undone is true
 * when the server answered COMMIT with ROLLBACK. */
int	 pgconn_query(struct pgconn *c, bool begin, const char *user, struct pg_stmt *stmt, const struct pg_arg *args,
    size_t n, struct pg_rows *out, bool *answered, bool *undone);
/* BEGIN, these statements, and `commit`, all sent before any answer is waited for. Yields. Their `rc` is set, the
 * commit's returned; *answered and *undone are the commit's. */
int	 pgconn_atomic(struct pgconn *c, struct pg_stmt *commit, struct pg_call *calls, size_t n, bool *answered,
    bool *undone);
/* Runs a statement without arguments whose result is not awaited. */
void	 pgconn_post(struct pgconn *c, struct pg_stmt *stmt);

/* Between pgconn.c and pgop.c: pass on results; fail all statements; announce one more statement to be written;
 * notify the pool. */
void	 pgconn_take_results(struct pgconn *c);
void	 pgconn_drop_ops(struct pgconn *c);
void	 pgconn_cork(struct pgconn *c);
void	 pgconn_drained(struct pgconn *c);

/* pgerror.c: the error for an SQLSTATE (NULL: the connection broke). */
int	 pg_error(const char *sqlstate);
/* pgstat.c: gives the statement its id, name and metric cell; registers the labels with the metrics. */
void	 pg_stmt_register(struct pg_stmt *stmt);
void	 pg_stat_open(void);

#endif
