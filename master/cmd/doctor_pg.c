/* doctor_pg.c -- the probes of PostgreSQL and of its replica: a connection, then a table of questions. See doctor.h.
 *
 * A row's statement answers with a value and its detail; no row, or NULL: nothing to say. What this role may not see
 * (pg_monitor lets it see all) is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/buf.h"
#include "base/conf.h"
#include "cmd.h"
#include "doctor.h"
#include "doctor_disk.h"
#include "link/pg_script.h"

#define LIMITS "SET statement_timeout = '2s'; SET lock_timeout = '1s'; SET default_transaction_read_only = on"
#define OTHERS "pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
#define AGE(since) "extract(epoch FROM clock_timestamp() - " since ")"

enum { OLD_S = 60 };

struct question {
	struct check	 check;
	const char	*sql;
};

static const struct question questions[] = {
	{ { .name = "postgres.writable", .warn = NEVER, .fail = 1,
	    .message = "PostgreSQL takes no writes",
	    .advice = "Point DATABASE_URL at the primary: this server is a replica, or read-only",
	    .heading = "PostgreSQL is gone" },
	    "SELECT 1, 'it is a replica' WHERE pg_is_in_recovery() UNION ALL"
	    " SELECT 1, 'default_transaction_read_only is on' WHERE (SELECT reset_val FROM pg_settings"
	    "   WHERE name = 'default_transaction_read_only') = 'on' AND NOT pg_is_in_recovery()" },
	{ { .name = "postgres.connections", .warn = 0.8, .fail = 0.95,
	    .message = "PostgreSQL's connections run out",
	    .advice = "See who holds them: SELECT usename, application_name, count(*) FROM pg_stat_activity "
		"GROUP BY 1, 2 ORDER BY 3 DESC\nLower DB_POOL_MAX on each host, or raise max_connections",
	    .heading = "Connections to PostgreSQL run out" },
	    /* the kind of another role's session is hidden from this one */
	    "SELECT count(*) / most, format('%s of %s are used', count(*), most) FROM pg_stat_activity, (SELECT"
	    "   current_setting('max_connections')::float8 - current_setting('superuser_reserved_connections')::float8) m (most)"
	    " WHERE datname IS NOT NULL GROUP BY most" },
	{ { .name = "postgres.locks", .warn = 2, .fail = 60, .kind = OF_SPEED,
	    .message = "Sessions wait for locks",
	    .advice = "End the holder when it is forgotten: SELECT pg_terminate_backend(PID)",
	    .heading = "A query is slow" },
	    "SELECT max(s), string_agg(format('process %s waits %s s for %s: %s', pid, round(s), holders, left(query, 80)), '; ')"
	    " FROM (SELECT pid, query, " AGE("query_start") " AS s, (SELECT string_agg(concat_ws(' ', h.pid, h.usename,"
	    "     h.application_name, h.state), ' and ') FROM pg_stat_activity h WHERE h.pid = ANY (pg_blocking_pids(a.pid))) AS holders"
	    "   FROM pg_stat_activity a WHERE wait_event_type = 'Lock' ORDER BY query_start LIMIT 3) w" },
	{ { .name = "postgres.transactions", .warn = OLD_S, .fail = 3600,
	    .message = "A transaction stays open",
	    .advice = "Commit it or end it: SELECT pg_terminate_backend(PID)\nSet "
		"idle_in_transaction_session_timeout for the programs that forget",
	    .heading = "A query is slow" },
	    "SELECT " AGE("xact_start") ", format('process %s of %s (%s) since %s s: %s', pid, usename, state, round(" AGE("xact_start")
	    "), left(query, 80)) FROM " OTHERS " AND xact_start IS NOT NULL AND application_name <> 'pg_dump'"
	    " ORDER BY xact_start LIMIT 1" },
	{ { .name = "postgres.query", .warn = 0.1, .fail = NEVER, .kind = OF_SPEED,
	    .message = "A query takes long",
	    .advice = "dure explain 'SELECT …' shows its plan; an index may be missing",
	    .heading = "A query is slow" },
	    "SELECT " AGE("query_start") ", format('process %s since %s ms: %s', pid, round(1000 * " AGE("query_start") "), left(query, 120))"
	    " FROM " OTHERS " AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock' AND application_name <> 'pg_dump'"
	    " ORDER BY query_start LIMIT 1" },
	{ { .name = "postgres.slow", .warn = 100, .fail = NEVER, .kind = OF_SPEED,
	    .message = "A kind of query is slow on average",
	    .advice = "dure explain 'SELECT …' shows its plan; an index may be missing\nGET "
		"/api/v1/admin/slow-queries lists them all",
	    .heading = "A query is slow" },
	    "SELECT mean_time, format('%s ms, %s calls: %s', round(mean_time), calls, left(query, 120)) FROM find_slow_queries()"
	    " WHERE query !~* '^(COPY|CREATE|ALTER|VACUUM|ANALYZE|REFRESH|BEGIN|COMMIT)' LIMIT 1" },
	{ { .name = "postgres.indexes", .warn = 64, .fail = NEVER, .strict = true,
	    .message = "Indexes that nobody uses take space",
	    .advice = "SELECT * FROM check_index_usage() lists them; DROP INDEX CONCURRENTLY what no host needs",
	    .heading = "The disk is full" },
	    "SELECT sum(bytes) / 1048576, format('%s MB: %s', round(sum(bytes) / 1048576), string_agg(indexname, ', ')) FROM (SELECT"
	    "   indexname, pg_relation_size(to_regclass(quote_ident(indexname)))::numeric AS bytes FROM check_index_usage() LIMIT 5) u"
	    " WHERE pg_postmaster_start_time() < now() - interval '1 day'" },
	{ { .name = "kafka.outbox", .warn = 60, .fail = 600,
	    .message = "Messages for Kafka wait",
	    .advice = "Restore the brokers; if they are there, dure logs --service kafka has the reason",
	    .heading = "Kafka is gone" },
	    "SELECT " AGE("min(created_at)") ", format('%s messages, the oldest since %s s', count(*), round(" AGE("min(created_at)") "))"
	    " FROM kafka_outbox HAVING count(*) > 0" },
	{ { .name = "kafka.outbox_depth", .warn = 10000, .fail = 1000000,
	    .message = "The outbox is deep",
	    .advice = "See whether it shrinks: watch -n1 dure kafka lag; more hosts share the work",
	    .heading = "Kafka is gone" },
	    "SELECT count(*), format('%s messages', count(*)) FROM (SELECT FROM kafka_outbox LIMIT 1000000) o" },
	{ { .name = "kafka.dead_letters", .warn = 1, .fail = NEVER,
	    .message = "Messages could not be applied",
	    .advice = "dure kafka dead list shows each with its reason; mend the producer, then dure kafka dead "
		"retry ID or drop ID",
	    .heading = "Messages become dead letters" },
	    "SELECT sum(n), string_agg(format('%s of %s (%s)', n, topic, left(reason, 80)), '; ') FROM (SELECT topic, count(*) AS n,"
	    "   max(reason) AS reason FROM dead_letters GROUP BY 1 ORDER BY 2 DESC LIMIT 5) d" },
	{ { .name = "redis.room_outbox", .warn = 60, .fail = NEVER,
	    .message = "Events for rooms wait for Redis",
	    .advice = "Restore Redis; they are told when it is back",
	    .heading = "Redis is gone" },
	    "SELECT " AGE("min(created_at)") ", format('%s events, the oldest since %s s', count(*), round(" AGE("min(created_at)") "))"
	    " FROM room_outbox HAVING count(*) > 0" },
	{ { .name = "backup.never", .warn = 1, .fail = NEVER, .strict = true,
	    .message = "No backup was ever made",
	    .advice = "dure backup makes one; systemctl enable --now dure-backup.timer or BACKUP_SCHEDULE one a "
		"day",
	    .heading = "A backup is missing" },
	    "SELECT 1, NULL WHERE NOT EXISTS (SELECT FROM cron_runs WHERE job = 'backup')" },
	{ { .name = "backup.age", .warn = 26, .fail = 168,
	    .message = "The last backup is old",
	    .advice = "dure backup makes one now; journalctl -u dure-backup or dure logs --grep backup has the "
		"reason",
	    .heading = "A backup is missing" },
	    "SELECT " AGE("ran_at") " / 3600, format('%s hours', round(" AGE("ran_at") " / 3600)) FROM cron_runs WHERE job = 'backup'" },
	{ { .name = "postgres.archive", .warn = NEVER, .fail = 1,
	    .message = "WAL is not archived",
	    .advice = "PostgreSQL's log has the command's message; until it succeeds, WAL fills the disk",
	    .heading = "WAL is not archived" },
	    "SELECT 1, format('%s failed, the last at %s', last_failed_wal, last_failed_time) FROM pg_stat_archiver"
	    " WHERE last_failed_time > coalesce(last_archived_time, '-infinity')" },
	{ { .name = "postgres.slots", .warn = 1024, .fail = 10240,
	    .message = "An absent replica keeps WAL",
	    .advice = "Bring the replica back, or SELECT pg_drop_replication_slot(NAME)",
	    .heading = "The disk is full" },
	    "SELECT mb, format('%s keeps %s MB', slot_name, round(mb)) FROM (SELECT slot_name, CASE WHEN pg_is_in_recovery() THEN 0"
	    "   ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / 1048576 END AS mb FROM pg_replication_slots WHERE NOT active) s"
	    " ORDER BY mb DESC NULLS LAST LIMIT 1" },
	{ { .name = "logs.errors", .warn = 10, .fail = NEVER,
	    .message = "Errors are logged",
	    .advice = "dure logs --level error shows them; dure logs --analyze counts them by pattern",
	    .heading = "Many requests fail" },
	    "SELECT count(*), format('%s in ten minutes, most often: %s', count(*), mode() WITHIN GROUP (ORDER BY doc ->> 'msg'))"
	    " FROM app_logs WHERE level = 'error' AND created_at > now() - interval '10 minutes'" },
	{ { .name = "postgres.statements", .warn = 1, .fail = NEVER, .strict = true,
	    .message = "Slow queries are not recorded",
	    .advice = "Load pg_stat_statements (etc/doc/operating.md)",
	    .heading = "A query is slow" },
	    "SELECT 1, slow_queries_missing() WHERE slow_queries_missing() IS NOT NULL" },
};

static const struct check unanswered = { .name = "postgres.checks", .warn = 1, .fail = NEVER,
    .message = "A question was not answered",
    .advice = "A lock or a busy server may be the reason; run it again",
    .heading = "A query is slow" };
static const struct check migrations_missing = { .name = "postgres.migrations", .warn = NEVER, .fail = 1,
    .message = "The database lacks migrations",
    .advice = "dure migrate up",
    .heading = "Migrations are missing" };
static const struct check clocks = { .name = "postgres.clock", .warn = 1, .fail = 30,
    .message = "The clocks of this host and of PostgreSQL differ",
    .advice = "Synchronise both (timedatectl; chronyc tracking): tokens and schedules depend on it",
    .heading = "Clocks differ" };
static const struct check data_disk = { .name = "postgres.disk", .warn = 0.9, .fail = 0.97,
    .message = "The disk of PostgreSQL is nearly full",
    .advice = "Free space, or move WAL and old backups elsewhere; SELECT * FROM pg_replication_slots shows who "
	"keeps WAL",
    .heading = "The disk is full" };
static const struct question replica_questions[] = {
	{ { .name = "replica.lag", .warn = 30, .fail = 600,
	    .message = "The replica is behind",
	    .advice = "Look at its log and its network; reads go to the primary meanwhile",
	    .heading = "The replica is behind" },
	    "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE " AGE("pg_last_xact_replay_timestamp()")
	    " END, format('the last transaction is of %s', pg_last_xact_replay_timestamp())" },
	{ { .name = "replica.stream", .warn = 1, .fail = NEVER,
	    .message = "The replica does not follow",
	    .advice = "Its log says why it does not reach the primary",
	    .heading = "The replica is behind" },
	    "SELECT 1, CASE WHEN pg_is_in_recovery() THEN 'it receives no WAL' ELSE 'it is no replica' END"
	    " WHERE NOT EXISTS (SELECT FROM pg_stat_wal_receiver)" },
};

struct answer {
	struct arena	*mem;
	double		 value;
	const char	*detail;
};

static void
keep_answer(void *arg, int columns, const char *const *v)
{
	struct answer *a = arg;

	if (columns != 2 || v[0] == NULL || a->value >= 0)
		return;
	a->value = strtod(v[0], NULL);
	a->detail = arena_strdup(a->mem, v[1]);
}

/* Where a table or a function is missing, the migrations are what is said. */
static void
ask(struct doctor *d, struct pg_script *db, const struct question *q)
{
	struct answer a = { &d->mem, -1, NULL };

	if (pg_script_run(db, q->sql, keep_answer, &a)) {
		if (a.value >= 0)
			doctor_judge(d, &q->check, a.value, a.detail);
	} else if (strstr(pg_script_why(db), "does not exist") == NULL) {
		doctor_judge(d, &unanswered, 1, arena_printf(&d->mem, "%s: %s", q->check.name, pg_script_why(db)));
	}
}

static double
latency_of(struct pg_script *db)
{
	int64_t began_us = mono_us();

	pg_script_run(db, "SELECT", NULL, NULL);
	return (double)(mono_us() - began_us) / 1000;
}

/* Half of the way there and back is allowed for. */
static void
compare_clocks(struct doctor *d, struct pg_script *db)
{
	struct answer a = { &d->mem, -1, NULL };
	int64_t began_ms = now_ms();
	double skew;

	if (!pg_script_run(db, "SELECT extract(epoch FROM clock_timestamp()), ''", keep_answer, &a) || a.value < 0)
		return;
	skew = a.value - (double)(began_ms + now_ms()) / 2000;
	doctor_judge(d, &clocks, fabs(skew), arena_printf(&d->mem, "PostgreSQL's is %.1f s %s", fabs(skew),
	    skew > 0 ? "ahead" : "behind"));
}

static void
look_at_data(struct doctor *d, struct pg_script *db)
{
	struct answer a = { &d->mem, -1, NULL };

	if (pg_script_run(db, "SELECT 0, current_setting('data_directory')", keep_answer, &a) && a.detail != NULL)
		doctor_disk(d, &data_disk, a.detail);
}

static void
put_query(void *arg, int columns, const char *const *v)
{
	struct buf *b = arg;
	struct json_field f[] = { JS("query", v[0]), JD("duration", doctor_round(strtod(v[1], NULL))) };

	(void)columns;
	if (b->n > 1)
		buf_byte(b, ',');
	json_put_obj(b, f, NELEM(f));
}

/* Those that run now, then the slowest kinds; ms. */
static void
list_queries(struct doctor *d, struct pg_script *db)
{
	struct buf b = { 0 };

	buf_byte(&b, '[');
	(void)pg_script_run(db, "SELECT left(query, 200), 1000 * " AGE("query_start") " FROM " OTHERS
	    " AND state = 'active' AND query_start < clock_timestamp() - interval '100 ms' ORDER BY query_start LIMIT 10",
	    put_query, &b);
	(void)pg_script_run(db, "SELECT left(query, 200), mean_time FROM find_slow_queries() LIMIT 10", put_query, &b);
	buf_byte(&b, ']');
	doctor_figure(d, "metrics", "database", buf_to_arena(&d->mem, &b));
}

static struct pg_script *
connect_to(struct doctor *d, const char *conninfo)
{
	struct pg_script *db;
	const char *why;
	double latency_ms;

	if ((db = pg_script_open(conninfo, &why)) == NULL) {
		doctor_connection(d, -1, why);
		return NULL;
	}
	latency_ms = latency_of(db);
	doctor_connection(d, latency_ms, NULL);
	(void)pg_script_run(db, LIMITS, NULL, NULL);
	return db;
}

void
doctor_postgres(struct doctor *d)
{
	struct pg_script *db = connect_to(d, conf_database(&conf, &d->mem));
	const char *missing;
	size_t i;

	if (db == NULL)
		return;
	if ((missing = cmd_missing_migrations(&d->mem)) != NULL)
		doctor_judge(d, &migrations_missing, 1, missing);
	for (i = 0; i < NELEM(questions); i++)
		ask(d, db, &questions[i]);
	compare_clocks(d, db);
	list_queries(d, db);
	look_at_data(d, db);
	pg_script_close(&db);
}

void
doctor_replica(struct doctor *d)
{
	struct pg_script *db = connect_to(d, conf.database_replica_url);
	size_t i;

	if (db == NULL)
		return;
	for (i = 0; i < NELEM(replica_questions); i++)
		ask(d, db, &replica_questions[i]);
	pg_script_close(&db);
}
