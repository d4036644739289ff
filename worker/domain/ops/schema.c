/* schema.c -- compares schema_migrations with what is built in. See schema.h. Yields: schema_missing. */
#include "schema.h"

#include "base/buf.h"
#include "base/log.h"
#include "link/pg.h"
#include "migrations.h"
#include "run/co.h"

enum { TRIES = 60, PAUSE_MS = 1000 };

static struct {
	bool	 complete;		/* stays true: a migration reverted later makes queries answer E_SCHEMA */
	bool	 logged;
} state;

static struct pg_stmt find_table = PG_STMT("select", "schema_migrations",
    "SELECT to_regclass('schema_migrations') IS NOT NULL");
static struct pg_stmt read_versions = PG_STMT("select", "schema_migrations", "SELECT version FROM schema_migrations");

/* *r: the applied versions; no rows if the table is missing. */
static int
read_applied(struct pg_rows *r)
{
	int rc = pg_query(pg_shared(), r, &find_table);

	if (rc < 0)
		return rc;
	if (*pg_string(r, 0, 0) == 't')
		return pg_query(pg_shared(), r, &read_versions);
	*r = (struct pg_rows){ 0 };
	return 0;
}

static bool
is_applied(const struct pg_rows *r, int version)
{
	int i;

	for (i = 0; i < r->n && pg_integer(r, i, 0) != version; i++)
		;
	return i < r->n;
}

static const char *
list_missing(struct arena *mem, const struct pg_rows *r)
{
	const struct migration *m;
	struct buf list = { 0 };

	for (m = migrations; m->name != NULL; m++)
		if (!is_applied(r, m->version))
			buf_printf(&list, "%s%04d_%s", list.n > 0 ? ", " : "", m->version, m->name);
	return list.n > 0 ? buf_to_arena(mem, &list).p : NULL;
}

int
schema_missing(struct arena *mem, const char **missing)
{
	struct pg_rows r;
	int rc;

	*missing = NULL;
	if (state.complete)
		return 0;
	if ((rc = read_applied(&r)) < 0)
		return rc;
	*missing = list_missing(mem, &r);
	state.complete = *missing == NULL;
	if (*missing != NULL && !state.logged)
		log_error("the database lacks migrations", JS("missing", *missing), JS("advice", SCHEMA_ADVICE));
	state.logged = *missing != NULL;
	return 0;
}

static void
look_in_background(void *arg)
{
	const char *missing;
	int i;

	(void)arg;
	for (i = 0; i < TRIES && schema_missing(co_arena(), &missing) < 0 && co_sleep(PAUSE_MS) == 0; i++)
		;
}

void
schema_check(void)
{
	co_spawn(look_in_background, NULL, 0);
}
