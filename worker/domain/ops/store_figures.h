/* store_figures.h -- what PostgreSQL and Redis say about themselves: for metrics and for `dure doctor`. */
#ifndef OPS_STORE_FIGURES_H
#define OPS_STORE_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum pg_session { PG_ACTIVE, PG_IDLE, PG_IDLE_IN_TRANSACTION, PG_SESSIONS };

/* PostgreSQL: sessions of this database, those that wait for a lock, the server's limit, the database's size. */
struct pg_figures {
	int64_t	 sessions[PG_SESSIONS];
	int64_t	 lock_waits, sessions_max, database_bytes;
	int64_t	 backed_up_s;		/* when a backup last succeeded, s since 1970; 0: never */
	bool	 archive_fails;		/* the last attempt to archive WAL failed */
};
/* Yields. Errors as pg_query. */
int	 pg_figures_read(struct pg_figures *f);
/* Calls `each` with the bytes of every table of the schema, its indexes and partitions included. Yields. Errors as
 * pg_query. */
int	 pg_table_bytes(void (*each)(const char *table, int64_t bytes));

/* Redis, since it was started: INFO's counters; memory_max 0 is no limit. */
struct redis_figures {
	int64_t	 memory, memory_max, clients, commands, expired, evicted, hits, misses;
	bool	 aof, snapshots;	/* whether what it holds survives a restart */
	double	 skew_s;		/* how much its clock is ahead of this host's, seconds */
	const char *info;		/* the text of INFO, in the coroutine's arena */
};
/* Yields. Errors as redis_cmd. */
int	 redis_figures_read(struct redis_figures *f);
/* The number behind `name` ("used_memory:") in the text of INFO; 0 when it is not there. */
int64_t	 redis_info_number(const char *info, const char *name);

#endif
