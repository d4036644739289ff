/* pgpool.h -- assigns PostgreSQL connections to coroutines, for pg.c only.
 *
 * All processes of the host borrow from one budget (proc/scoreboard). Within a process waiting coroutines are served
 * in order. Between processes, idle connections are closed for others that want one, and a process without any gets
 * one from a process that has had its turn.
 */
#ifndef LINK_PGPOOL_H
#define LINK_PGPOOL_H

#include "pgconn.h"

void	 pgpool_open(void);
void	 pgpool_close(void);
bool	 pgpool_up(void);
bool	 pgpool_silent(void);
/* A connection for one statement, which must be sent before the caller yields. Yields. 0, E_BUSY, E_DOWN, E_TIMEOUT,
 * E_CANCELED. */
int	 pgpool_shared(struct pgconn **out);
/* A connection alone, until pgpool_give. Yields. Errors as pgpool_shared. */
int	 pgpool_take(struct pgconn **out);
/* As pgpool_take, for long: never the last connection of the budget. */
int	 pgpool_take_session(struct pgconn **out);
/* Return it; it is reused once no statement is under way and no transaction is open, unless `close_it`. */
void	 pgpool_give(struct pgconn **c, bool close_it);

#endif
