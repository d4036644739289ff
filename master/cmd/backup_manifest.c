/* backup_manifest.c -- reads and compares manifests. See backup_manifest.h. */
#include "backup_manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "link/pg_script.h"

/* A statement that counts every table of the schema, and the names. */
static const char count_statement[] =
    "SELECT string_agg(format('SELECT %L, count(*) FROM %s', c.relname, c.oid::regclass), ' UNION ALL '"
    "   ORDER BY c.relname)"
    " FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace"
    "  AND c.relkind IN ('r', 'p') AND NOT c.relispartition";
static const char facts_statement[] =
    "SELECT (SELECT count(*) FROM pg_policies WHERE schemaname = current_schema()),"
    "  (SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    "    AND relrowsecurity AND relforcerowsecurity),"
    "  (SELECT max(version) FROM schema_migrations)";
enum { POLICIES, FORCED, MIGRATION, FACTS };

struct reading {
	struct arena	*mem;
	struct buf	 tables;
	char		*counts;		/* the statement */
	int64_t		 facts[FACTS];
};

static void
keep_statement(void *arg, int columns, const char *const *v)
{
	struct reading *r = arg;

	if (columns == 1 && v[0] != NULL)
		r->counts = arena_printf(r->mem, "%s", v[0]);
}

static void
add_table(void *arg, int columns, const char *const *v)
{
	struct reading *r = arg;

	if (columns != 2)
		return;
	buf_byte(&r->tables, r->tables.n == 0 ? '{' : ',');
	json_put_str(&r->tables, v[0], strlen(v[0]));
	buf_printf(&r->tables, ":%s", v[1]);
}

static void
keep_facts(void *arg, int columns, const char *const *v)
{
	struct reading *r = arg;
	int i;

	for (i = 0; i < columns && i < FACTS; i++)
		r->facts[i] = v[i] != NULL ? strtoll(v[i], NULL, 10) : 0;
}

bool
manifest_read(struct pg_script *db, struct arena *mem, struct str *text)
{
	struct reading r = { .mem = mem };

	if (!pg_script_run(db, count_statement, keep_statement, &r) ||
	    (r.counts != NULL && !pg_script_run(db, r.counts, add_table, &r)) ||
	    !pg_script_run(db, facts_statement, keep_facts, &r)) {
		buf_fini(&r.tables);
		return false;
	}
	buf_str(&r.tables, r.tables.n == 0 ? "{}" : "}");
	*text = json_obj(mem, JT("createdAt", now_ms()), JI("migration", r.facts[MIGRATION]),
	    JI("policies", r.facts[POLICIES]), JI("forced", r.facts[FORCED]),
	    JR("tables", buf_to_arena(mem, &r.tables)));
	return true;
}

static int
differ(const char *what, const char *name, const struct json *wanted, const struct json *found)
{
	int64_t w = -1, f = -1;

	if (json_int(wanted, &w) && json_int(found, &f) && w == f)
		return 0;
	fprintf(stderr, "dure: %s%s: the backup has %lld, restored are %lld\n", what, name, (long long)w, (long long)f);
	return 1;
}

int
manifest_compare(struct pg_script *db, struct arena *mem, struct str wanted)
{
	static const char *const facts[] = { "migration", "policies", "forced" };
	const struct json *want, *found, *t;
	struct str text;
	int n = 0;
	size_t i;

	if (json_parse(mem, wanted.p, wanted.n, &want) < 0)
		return fprintf(stderr, "dure: the manifest is malformed\n"), -1;
	if (!manifest_read(db, mem, &text) || json_parse(mem, text.p, text.n, &found) < 0)
		return fprintf(stderr, "dure: cannot read what was restored: %s\n", pg_script_why(db)), -1;
	for (i = 0; i < NELEM(facts); i++)
		n += differ("", facts[i], json_get(want, facts[i]), json_get(found, facts[i]));
	for (t = json_first(json_get(want, "tables")); t != NULL; t = json_next(t))
		n += differ("rows of ", json_name(t), t, json_get(json_get(found, "tables"), json_name(t)));
	return n;
}
