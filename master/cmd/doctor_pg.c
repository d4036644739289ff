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
	{ { "postgres.writable", NEVER, 1, "PostgreSQL takes no writes",
	    "Point DATABASE_URL at the primary: this server is a replica, or read-only", "PostgreSQL is gone", OF_STATE, false },
	    "SELECT 1, 'it is a replica' WHERE pg_is_in_recovery() UNION ALL"
	    " SELECT 1, 'default_transaction_read_only is on' WHERE (SELECT reset_val FROM pg_settings"
	    "   WHERE name = 'default_transaction_read_only') = 'on' AND NOT pg_is_in_recovery()" },
	{ { "postgres.connections", 0.8, 0.95, "PostgreSQL's connections run out",
	    "See who holds them: SELECT usename, application_name, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC\n"
	    "Lower DB_POOL_MAX on each host, or raise max_connections", "Connections to PostgreSQL run out", OF_STATE, false },
	    /* the kind of another role's session is hidden from this one */
	    "SELECT count(*) / most, format('%s of %s are used', count(*), most) FROM pg_stat_activity, (SELECT"
	    "   current_setting('max_connections')::float8 - current_setting('superuser_reserved_connections')::float8) m (most)"
	    " WHERE datname IS NOT NULL GROUP BY most" },
	{ { "postgres.locks", 2, 60, "Sessions wait for locks",
	    "End the holder when it is forgotten: SELECT pg_terminate_backend(PID)", "A query is slow", OF_SPEED, false },
	    "SELECT max(s), string_agg(format('process %s waits %s s for %s: %s', pid, round(s), holders, left(query, 80)), '; ')"
	    " FROM (SELECT pid, query, " AGE("query_start") " AS s, (SELECT string_agg(concat_ws(' ', h.pid, h.usename,"
	    "     h.application_name, h.state), ' and ') FROM pg_stat_activity h WHERE h.pid = ANY (pg_blocking_pids(a.pid))) AS holders"
	    "   FROM pg_stat_activity a WHERE wait_event_type = 'Lock' ORDER BY query_start LIMIT 3) w" },
	{ { "postgres.transactions", OLD_S, 3600, "A transaction stays open",
	    "Commit it or end it: SELECT pg_terminate_backend(PID)\nSet idle_in_transaction_session_timeout for the programs that"
	    " forget", "A query is slow", OF_STATE, false },
	    "SELECT " AGE("xact_start") ", format('process %s of %s (%s) since %s s: %s', pid, usename, state, round(" AGE("xact_start")
	    "), left(query, 80)) FROM " OTHERS " AND xact_start IS NOT NULL AND application_name <> 'pg_dump'"
	    " ORDER BY xact_start LIMIT 1" },
	{ { "postgres.query", 0.1, NEVER, "A query takes long",
	    "dure explain 'SELECT …' shows its plan; an index may be missing", "A query is slow", OF_SPEED, false },
	    "SELECT " AGE("query_start") ", format('process %s since %s ms: %s', pid, round(1000 * " AGE("query_start") "), left(query, 120))"
	    " FROM " OTHERS " AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock' AND application_name <> 'pg_dump'"
	    " ORDER BY query_start LIMIT 1" },
	{ { "postgres.slow", 100, NEVER, "A kind of query is slow on average",
	    "dure explain 'SELECT …' shows its plan; an index may be missing\nGET /api/v1/admin/slow-queries lists them all",
	    "A query is slow", OF_SPEED, false },
	    "SELECT mean_time, format('%s ms, %s calls: %s', round(mean_time), calls, left(query, 120)) FROM find_slow_queries()"
	    " WHERE query !~* '^(COPY|CREATE|ALTER|VACUUM|ANALYZE|REFRESH|BEGIN|COMMIT)' LIMIT 1" },
	{ { "postgres.indexes", 64, NEVER, "Indexes that nobody uses take space",
	    "SELECT * FROM check_index_usage() lists them; DROP INDEX CONCURRENTLY what no host needs", "The disk is full", OF_STATE, true },
	    "SELECT sum(bytes) / 1048576, format('%s MB: %s', round(sum(bytes) / 1048576), string_agg(indexname, ', ')) FROM (SELECT"
	    "   indexname, pg_relation_size(to_regclass(quote_ident(indexname)))::numeric AS bytes FROM check_index_usage() LIMIT 5) u"
	    " WHERE pg_postmaster_start_time() < now() - interval '1 day'" },
	{ { "kafka.outbox", 60, 600, "Messages for Kafka wait",
	    "Restore the brokers; if they are there, dure logs --service kafka has the reason", "Kafka is gone", OF_STATE, false },
	    "SELECT " AGE("min(created_at)") ", format('%s messages, the oldest since %s s', count(*), round(" AGE("min(created_at)") "))"
	    " FROM kafka_outbox HAVING count(*) > 0" },
	{ { "kafka.outbox_depth", 10000, 1000000, "The outbox is deep",
	    "See whether it shrinks: watch -n1 dure kafka lag; more hosts share the work", "Kafka is gone", OF_STATE, false },
	    "SELECT count(*), format('%s messages', count(*)) FROM (SELECT FROM kafka_outbox LIMIT 1000000) o" },
	{ { "kafka.dead_letters", 1, NEVER, "Messages could not be applied",
	    "dure kafka dead list shows each with its reason; mend the producer, then dure kafka dead retry ID or drop ID",
	    "Messages become dead letters", OF_STATE, false },
	    "SELECT sum(n), string_agg(format('%s of %s (%s)', n, topic, left(reason, 80)), '; ') FROM (SELECT topic, count(*) AS n,"
	    "   max(reason) AS reason FROM dead_letters GROUP BY 1 ORDER BY 2 DESC LIMIT 5) d" },
	{ { "redis.room_outbox", 60, NEVER, "Events for rooms wait for Redis",
	    "Restore Redis; they are told when it is back", "Redis is gone", OF_STATE, false },
	    "SELECT " AGE("min(created_at)") ", format('%s events, the oldest since %s s', count(*), round(" AGE("min(created_at)") "))"
	    " FROM room_outbox HAVING count(*) > 0" },
	{ { "backup.never", 1, NEVER, "No backup was ever made",
	    "dure backup makes one; systemctl enable --now dure-backup.timer or BACKUP_SCHEDULE one a day", "A backup is missing",
	    OF_STATE, true },
	    "SELECT 1, NULL WHERE NOT EXISTS (SELECT FROM cron_runs WHERE job = 'backup')" },
	{ { "backup.age", 26, 168, "The last backup is old",
	    "dure backup makes one now; journalctl -u dure-backup or dure logs --grep backup has the reason", "A backup is missing",
	    OF_STATE, false },
	    "SELECT " AGE("ran_at") " / 3600, format('%s hours', round(" AGE("ran_at") " / 3600)) FROM cron_runs WHERE job = 'backup'" },
	{ { "postgres.archive", NEVER, 1, "WAL is not archived",
	    "PostgreSQL's log has the command's message; until it succeeds, WAL fills the disk", "WAL is not archived", OF_STATE, false },
	    "SELECT 1, format('%s failed, the last at %s', last_failed_wal, last_failed_time) FROM pg_stat_archiver"
	    " WHERE last_failed_time > coalesce(last_archived_time, '-infinity')" },
	{ { "postgres.slots", 1024, 10240, "An absent replica keeps WAL",
	    "Bring the replica back, or SELECT pg_drop_replication_slot(NAME)", "The disk is full", OF_STATE, false },
	    "SELECT mb, format('%s keeps %s MB', slot_name, round(mb)) FROM (SELECT slot_name, CASE WHEN pg_is_in_recovery() THEN 0"
	    "   ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) / 1048576 END AS mb FROM pg_replication_slots WHERE NOT active) s"
	    " ORDER BY mb DESC NULLS LAST LIMIT 1" },
	{ { "logs.errors", 10, NEVER, "Errors are logged",
	    "dure logs --level error shows them; dure logs --analyze counts them by pattern", "Many requests fail", OF_STATE, false },
	    "SELECT count(*), format('%s in ten minutes, most often: %s', count(*), mode() WITHIN GROUP (ORDER BY doc ->> 'msg'))"
	    " FROM app_logs WHERE level = 'error' AND created_at > now() - interval '10 minutes'" },
	{ { "postgres.statements", 1, NEVER, "Slow queries are not recorded",
	    "Load pg_stat_statements (etc/doc/operating.md)", "A query is slow", OF_STATE, true },
	    "SELECT 1, slow_queries_missing() WHERE slow_queries_missing() IS NOT NULL" },
};

static const struct check unanswered = { "postgres.checks", 1, NEVER, "A question was not answered",
    "A lock or a busy server may be the reason; run it again", "A query is slow", OF_STATE, false };
static const struct check migrations_missing = { "postgres.migrations", NEVER, 1, "The database lacks migrations",
    "dure migrate up", "Migrations are missing", OF_STATE, false };
static const struct check clocks = { "postgres.clock", 1, 30, "The clocks of this host and of PostgreSQL differ",
    "Synchronise both (timedatectl; chronyc tracking): tokens and schedules depend on it", "Clocks differ", OF_STATE, false };
static const struct check data_disk = { "postgres.disk", 0.9, 0.97, "The disk of PostgreSQL is nearly full",
    "Free space, or move WAL and old backups elsewhere; SELECT * FROM pg_replication_slots shows who keeps WAL",
    "The disk is full", OF_STATE, false };
static const struct question replica_questions[] = {
	{ { "replica.lag", 30, 600, "The replica is behind",
	    "Look at its log and its network; reads go to the primary meanwhile",
	    "The replica is behind", OF_STATE, false },
	    "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE " AGE("pg_last_xact_replay_timestamp()")
	    " END, format('the last transaction is of %s', pg_last_xact_replay_timestamp())" },
	{ { "replica.stream", 1, NEVER, "The replica does not follow", "Its log says why it does not reach the primary",
	    "The replica is behind", OF_STATE, false },
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
