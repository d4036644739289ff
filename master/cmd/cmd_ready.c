/* cmd_ready.c -- reports why a server whose processes all run is not ready: PostgreSQL, Redis, migrations. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd.h"
#include "link/pg_script.h"
#include "master/control.h"
#include "master/procs.h"
#include "worker/domain/ops/migrations.h"

enum { LINKS_MS = 5000, LOOK_MS = 50, VERSIONS_MAX = 10000 };

/* Kafka is not required: messages for it wait in the outbox. */
static const struct { int link; const char *member, *name; } needed[] = {
	{ LINK_PG, "postgres", "PostgreSQL" },
	{ LINK_REDIS, "redis", "Redis" },
};

static int
links_of(const char *kind)
{
	const struct proc_row *p;

	for (p = procs; p->role != NULL; p++)
		if (kind != NULL && strcmp(p->role->name, kind) == 0)
			return p->role->links;
	return 0;
}

/* The titles of the serving processes that need this store and are not connected to it. */
static void
list_without(const struct json *status, size_t store, struct buf *out)
{
	const struct json *p;

	for (p = json_first(json_get(status, "processes")); p != NULL; p = json_next(p)) {
		const char *state = json_str(json_get(p, "state"));

		if (!(links_of(json_str(json_get(p, "kind"))) & needed[store].link) || state == NULL ||
		    strcmp(state, "ready") != 0 || json_bool(json_get(p, needed[store].member), false))
			continue;
		buf_printf(out, "%s%s", out->n > 0 ? ", " : "", json_str(json_get(p, "title")));
	}
}

const char *
cmd_lacks(struct arena *mem, const struct json *status)
{
	const char *lacks = NULL;
	struct buf titles = { 0 };
	size_t i;

	for (i = 0; i < NELEM(needed); i++) {
		buf_reset(&titles);
		list_without(status, i, &titles);
		if (titles.n > 0)
			lacks = arena_printf(mem, "%s%s%s cannot be reached by %.*s", lacks != NULL
			    ? lacks : "", lacks != NULL ? "; " : "", needed[i].name, (int)titles.n, titles.p);
	}
	buf_fini(&titles);
	return lacks;
}

static void
on_version(void *arg, int columns, const char *const *v)
{
	bool *applied = arg;
	int64_t version;

	if (columns == 1 && parse_int(v[0], 0, VERSIONS_MAX - 1, &version))
		applied[version] = true;
}

const char *
cmd_missing_migrations(struct arena *mem)
{
	bool *applied = arena_zalloc(mem, VERSIONS_MAX * sizeof(*applied));
	const struct migration *m;
	struct pg_script *db;
	const char *why, *list = NULL;

	if ((db = pg_script_open(conf_database(&conf, mem), &why)) == NULL)
		return NULL;
	/* no such table: no migration was applied */
	(void)pg_script_run(db, "SELECT version FROM schema_migrations", on_version, applied);
	pg_script_close(&db);
	for (m = migrations; m->name != NULL; m++)
		if (!applied[m->version])
			list = arena_printf(mem, "%s%s%04d_%s", list != NULL ? list : "", list != NULL ? ", "
			    : "", m->version, m->name);
	return list;
}

/* Waits for the stores, which are connected to soon after the start. */
static const char *
await_links(struct arena *mem)
{
	int64_t until_ms = mono_ms() + LINKS_MS;
	struct buf answer = { 0 };
	const struct json *status;
	const char *lacks;

	for (;;) {
		buf_reset(&answer);
		lacks = control_ask(&answer) == 0 && json_parse(mem, answer.p, answer.n, &status) == 0
		    ? cmd_lacks(mem, status) : "the master does not answer";
		if (lacks == NULL || mono_ms() > until_ms)
			break;
		usleep(LOOK_MS * 1000);
		arena_reset(mem);
	}
	buf_fini(&answer);
	return lacks;
}

int
cmd_await_ready(void)
{
	const char *lacks, *missing;
	struct arena mem;

	arena_init(&mem, 65536);
	if ((lacks = await_links(&mem)) != NULL)
		fprintf(stderr, "dure: running, but not ready: %s\n", lacks);
	if ((missing = cmd_missing_migrations(&mem)) != NULL)
		fprintf(stderr, "dure: running, but not ready: the database lacks these migrations: %s. To apply "
		    "them: dure migrate up\n", missing);
	arena_fini(&mem);
	return lacks == NULL && missing == NULL ? 0 : 1;
}
