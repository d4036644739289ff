/* store_figures.c -- reads what the stores say about themselves. See store_figures.h.
 * Yields: pg_figures_read pg_table_bytes redis_figures_read.
 */
#include "store_figures.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "link/pg.h"
#include "link/redis.h"

static struct pg_stmt read_sessions = PG_STMT("select", "catalogs",
    "SELECT count(*) FILTER (WHERE state IN ('active', 'fastpath function call')),"
    "   count(*) FILTER (WHERE state = 'idle'), count(*) FILTER (WHERE state LIKE 'idle in transaction%'),"
    "   count(*) FILTER (WHERE wait_event_type = 'Lock'), current_setting('max_connections')::bigint,"
    "   pg_database_size(current_database()),"
    "   (SELECT floor(extract(epoch FROM ran_at))::bigint FROM cron_runs WHERE job = 'backup'),"
    "   (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver)"
    " FROM pg_stat_activity WHERE datname = current_database()");
enum { LOCK_WAITS = PG_SESSIONS, SESSIONS_MAX, DATABASE_BYTES, BACKED_UP_S, ARCHIVE_FAILS };

static struct pg_stmt read_tables = PG_STMT("select", "catalogs",
    "SELECT c.relname,"
    "   pg_total_relation_size(c.oid) + coalesce(("
    "     SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = c.oid), 0)"
    " FROM pg_class c"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition");
enum { TABLE_NAME, TABLE_BYTES };

int
pg_figures_read(struct pg_figures *f)
{
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg_shared(), &r, &read_sessions)) < 0)
		return rc;
	for (i = 0; i < PG_SESSIONS; i++)
		f->sessions[i] = pg_integer(&r, 0, i);
	f->lock_waits = pg_integer(&r, 0, LOCK_WAITS);
	f->sessions_max = pg_integer(&r, 0, SESSIONS_MAX);
	f->database_bytes = pg_integer(&r, 0, DATABASE_BYTES);
	f->backed_up_s = pg_integer(&r, 0, BACKED_UP_S);
	f->archive_fails = pg_integer(&r, 0, ARCHIVE_FAILS) == 1;
	return 0;
}

int
pg_table_bytes(void (*each)(const char *table, int64_t bytes))
{
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg_shared(), &r, &read_tables)) < 0)
		return rc;
	for (i = 0; i < r.n; i++)
		each(pg_string(&r, i, TABLE_NAME), pg_integer(&r, i, TABLE_BYTES));
	return 0;
}

int64_t
redis_info_number(const char *info, const char *name)
{
	const char *p = strstr(info, name);

	return p != NULL ? strtoll(p + strlen(name), NULL, 10) : 0;
}

/* A line each. */
static void
parse_info(const char *info, struct redis_figures *f)
{
	*f = (struct redis_figures){
		.memory = redis_info_number(info, "\nused_memory:"),
		.memory_max = redis_info_number(info, "\nmaxmemory:"),
		.clients = redis_info_number(info, "\nconnected_clients:"),
		.commands = redis_info_number(info, "\ntotal_commands_processed:"),
		.expired = redis_info_number(info, "\nexpired_keys:"),
		.evicted = redis_info_number(info, "\nevicted_keys:"),
		.hits = redis_info_number(info, "\nkeyspace_hits:"),
		.misses = redis_info_number(info, "\nkeyspace_misses:"),
		.aof = redis_info_number(info, "\naof_enabled:") == 1,
	};
}

int
redis_figures_read(struct redis_figures *f)
{
	enum { INFO, SAVE, TIME, COMMANDS };
	struct redis_reply r[COMMANDS] = { 0 }, *save = &r[SAVE], *time = &r[TIME];
	struct redis_batch *b = redis_batch();
	int64_t began_ms = now_ms();
	int rc;

	redis_add(b, "INFO");
	redis_add(b, "CONFIG GET save");	/* a managed Redis may refuse to say */
	redis_add(b, "TIME");
	rc = redis_run(b, r);
	if (r[INFO].type != REDIS_STR)
		return rc < 0 ? rc : E_INTERNAL;
	parse_info(r[INFO].s.p, f);
	f->info = r[INFO].s.p;
	f->snapshots = save->type == REDIS_ARRAY && save->n == 2 && save->v[1].type == REDIS_STR && save->v[1].s.n > 0;
	if (time->type == REDIS_ARRAY && time->n == 2)
		f->skew_s = strtod(time->v[0].s.p, NULL) + strtod(time->v[1].s.p, NULL) / 1e6 -
		    (double)(began_ms + now_ms()) / 2000;
	return 0;
}
