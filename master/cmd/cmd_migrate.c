/* cmd_migrate.c -- `dure migrate`: brings the database's tables to another version.
 *
 * A number names the migration to go to; --steps counts. Each migration is one transaction together with its row in
 * schema_migrations. An advisory lock serialises concurrent runs. An applied migration must equal the built-in one: a
 * changed checksum is refused. A step back that would delete rows is rolled back, unless --drop-data is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/grid.h"
#include "base/str.h"
#include "cmd.h"
#include "link/pg_script.h"
#include "migrate_goal.h"
#include "worker/domain/ops/migrations.h"

enum { LOCK_KEY = 0x64757265 };		/* "dure" */

struct applied {
	struct applied	*next;
	int		 version;
	const char	*name, *checksum, *at;
};

static struct {
	struct arena		 mem;
	struct pg_script	*db;
	struct applied		*applied;
	bool			 drop_data;
	const char		*lost;		/* what a step back would delete; NULL: nothing */
} run;

static const char *
checksum(const struct migration *m)
{
	return arena_printf(&run.mem, "%016llx", (unsigned long long)hash_bytes(m->up, strlen(m->up)));
}

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "dure: %s: %s\n", what, why);
	return 1;
}

static void
on_applied(void *arg, int columns, const char *const *v)
{
	struct applied *a = arena_zalloc(&run.mem, sizeof(*a));

	(void)arg;
	if (columns < 4)
		return;
	*a = (struct applied){ .next = run.applied, .version = atoi(v[0]), .name = arena_strdup(&run.mem, v[1]),
	    .checksum = arena_strdup(&run.mem, v[2]), .at = arena_strdup(&run.mem, v[3]) };
	run.applied = a;
}

static const struct applied *
find_applied(int version)
{
	const struct applied *a;

	for (a = run.applied; a != NULL && a->version != version; a = a->next)
		;
	return a;
}

static const struct migration *
find_migration(int version)
{
	const struct migration *m;

	for (m = migrations; m->name != NULL && m->version != version; m++)
		;
	return m->name != NULL ? m : NULL;
}

/* Connects, waits for the lock, reads the applied migrations. */
static int
begin_migration(void)
{
	/* The schema that DATABASE_URL names may not exist yet. */
	static const char schema[] =
	    "DO $$ BEGIN IF current_schema() IS NULL THEN EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I',"
	    " (parse_ident(split_part(current_setting('search_path'), ',', 1)))[1]); END IF; END $$";
	static const char setup[] =
	    "CREATE TABLE IF NOT EXISTS schema_migrations (version int PRIMARY KEY, name text NOT NULL,"
	    "   checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";
	const char *why, *lock = arena_printf(&run.mem, "SELECT pg_advisory_lock(%d)", LOCK_KEY);

	if ((run.db = pg_script_open(conf_database(&conf, &run.mem), &why)) == NULL)
		return cmd_no_database(why);
	if (!pg_script_run(run.db, lock, NULL, NULL) || !pg_script_run(run.db, schema, NULL, NULL) ||
	    !pg_script_run(run.db, setup, NULL, NULL) ||
	    !pg_script_run(run.db, "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version",
	    on_applied, NULL))
		return complain("schema_migrations", pg_script_why(run.db));
	return 0;
}

/* Compares the applied migrations with the built-in ones. */
static int
check_history(void)
{
	const struct applied *a;
	int rc = 0;

	for (a = run.applied; a != NULL; a = a->next) {
		const struct migration *m = find_migration(a->version);

		if (m == NULL)
			rc = complain(a->name, "was applied but is unknown to this version of Dure");
		else if (strcmp(checksum(m), a->checksum) != 0)
			rc = complain(a->name, "was changed after it was applied (its checksum differs)");
	}
	return rc;
}

/* Before a step back: the columns of all tables that have rows. After it: those of them that are missing. */
static const char remember_held[] =
    "CREATE TEMP TABLE dure_held ON COMMIT DROP AS"
    " SELECT c.relname, a.attname"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    "   AND c.relname <> 'schema_migrations'"
    "   AND (xpath('/table/row/e/text()', query_to_xml(format('SELECT EXISTS (SELECT FROM %I) AS e', c.relname),"
    "     false, false, '')))[1]::text = 'true'";
static const char find_lost[] =
    "SELECT string_agg(DISTINCT CASE WHEN to_regclass(quote_ident(relname)) IS NULL THEN relname"
    "   ELSE relname || '.' || attname END, ', ')"
    " FROM dure_held h"
    " WHERE NOT EXISTS ("
    "   SELECT FROM pg_attribute a"
    "   WHERE a.attrelid = to_regclass(quote_ident(h.relname)) AND a.attname = h.attname AND NOT a.attisdropped)";

static void
on_lost_rows(void *arg, int columns, const char *const *v)
{
	(void)arg;
	if (columns == 1 && v[0] != NULL && *v[0] != '\0')
		run.lost = arena_strdup(&run.mem, v[0]);
}

/* Inside the transaction: true when no row would be deleted, or --drop-data allows it. */
static bool
undo_migration(const struct migration *m)
{
	run.lost = NULL;
	return pg_script_run(run.db, remember_held, NULL, NULL) && pg_script_run(run.db, m->down, NULL, NULL) &&
	    pg_script_run(run.db, find_lost, on_lost_rows, NULL) && (run.lost == NULL || run.drop_data);
}

static int
apply_migration(const struct migration *m, bool up)
{
	char *name = pg_script_quote(run.db, m->name);
	const char *note = up ?
	    arena_printf(&run.mem, "INSERT INTO schema_migrations (version, name, checksum) VALUES (%d, %s, '%s')",
	    m->version, name, checksum(m)) :
	    arena_printf(&run.mem, "DELETE FROM schema_migrations WHERE version = %d", m->version);
	bool good = pg_script_run(run.db, "BEGIN", NULL, NULL) &&
	    (up ? pg_script_run(run.db, m->up, NULL, NULL) : undo_migration(m)) &&
	    pg_script_run(run.db, note, NULL, NULL) &&
	    pg_script_run(run.db, "COMMIT", NULL, NULL);

	free(name);
	if (!good && run.lost != NULL)
		return complain(m->name, arena_printf(&run.mem,
		    "would delete rows: %s (nothing was done; --drop-data does it)", run.lost));
	if (!good)
		return complain(m->name, pg_script_why(run.db));
	printf("%s %04d %s\n", up ? "applied" : "reverted", m->version, m->name);
	fflush(stdout);
	return 0;
}

/* The newest that is applied; 0: none is. */
static int
current_version(void)
{
	return run.applied != NULL ? run.applied->version : 0;	/* newest first */
}

/* A migration on the other side of where the database is: the order is the wrong one. */
static int
wrong_way(int to, bool up)
{
	fprintf(stderr, "dure: the database is at %d, %s %d; dure migrate %s %d goes %s it\n", current_version(),
	    up ? "past" : "before", to, up ? "down" : "up", to, up ? "back to" : "to");
	return 1;
}

static int
go_up(const struct migrate_goal *g)
{
	const struct migration *m;
	int64_t n = 0;

	if (g->to != 0 && g->to < current_version())
		return wrong_way(g->to, true);
	for (m = migrations; m->name != NULL && (g->steps == 0 || n < g->steps); m++) {
		if (find_applied(m->version) != NULL || (g->to != 0 && m->version > g->to))
			continue;
		if (apply_migration(m, true) != 0)
			return 1;
		n++;
	}
	if (n == 0)
		printf("nothing to do\n");
	return 0;
}

/* Steps from here to the goal; down alone is one. Negative: that cannot be. */
static int64_t
count_steps_down(const struct migrate_goal *g)
{
	const struct applied *a;
	int64_t applied = 0, newer = 0;

	for (a = run.applied; a != NULL; a = a->next) {
		applied++;
		newer += a->version > g->to;
	}
	if (g->to != 0 && g->to > current_version())
		return -wrong_way(g->to, false);
	if (g->steps > applied) {
		fprintf(stderr, "dure: only %lld migrations are applied; dure migrate down --all reverts every one\n",
		    (long long)applied);
		return -1;
	}
	return g->to != 0 || g->all ? newer : g->steps != 0 ? g->steps : applied > 0;
}

static int
go_down(const struct migrate_goal *g)
{
	const struct migration *m;
	const struct applied *a;	/* newest first */
	int64_t steps = count_steps_down(g);

	if (steps < 0)
		return 1;
	if (steps == 0)
		printf("nothing to do\n");
	for (a = run.applied; a != NULL && steps-- > 0; a = a->next)
		if ((m = find_migration(a->version)) == NULL || apply_migration(m, false) != 0)
			return 1;
	return 0;
}

static int
show_status(void)
{
	const struct migration *m;
	struct buf out = { 0 };
	struct grid t;

	grid_init(&t, &run.mem);
	grid_add(&t, "VERSION", "NAME", "APPLIED", NULL);
	for (m = migrations; m->name != NULL; m++) {
		const struct applied *a = find_applied(m->version);

		grid_add(&t, arena_printf(&run.mem, "%04d", m->version), m->name, a == NULL ? "-" : a->at, NULL);
	}
	grid_text(&t, &out);
	cmd_print(&out);
	return check_history();
}

static int
pursue_goal(const struct migrate_goal *g)
{
	if (g->order == MIGRATE_STATUS)
		return show_status();
	if (check_history() != 0)
		return 1;
	return g->order == MIGRATE_UP ? go_up(g) : go_down(g);
}

int
cmd_migrate(int argc, char **argv)
{
	struct migrate_goal goal;
	int rc;

	if (!migrate_goal_parse(argc, argv, &goal))
		return EXIT_USAGE;
	run.drop_data = goal.drop_data;
	arena_init(&run.mem, 4096);
	rc = begin_migration();
	if (rc == 0)
		rc = pursue_goal(&goal);
	pg_script_close(&run.db);
	arena_fini(&run.mem);
	return rc;
}
