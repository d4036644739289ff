/* cmd_dump.c -- `dure dump WHAT`: prints every table of Dure, for people and for the tests that compare them with the
 * documents.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/grid.h"
#include "base/metric.h"
#include "base/str.h"
#include "cmd.h"
#include "cmd_dump.h"
#include "link/kafka.h"
#include "master/procs.h"
#include "master/signals.h"
#include "worker/cron/jobs.h"

static void
dump_commands(struct grid *t)
{
	const struct command *c;

	grid_add(t, "COMMAND", "ARGUMENTS", "HELP", NULL);
	for (c = cmd_line.commands; c->name != NULL; c++)
		grid_add(t, c->name, *c->args != '\0' ? c->args : "-", c->help, NULL);
}

static void
dump_jobs(struct grid *t)
{
	const struct job *j;

	grid_add(t, "JOB", "HELP", NULL);
	for (j = jobs; j->name != NULL; j++)
		grid_add(t, j->name, j->help, NULL);
}

static void
dump_conf(struct grid *t)
{
	const struct conf_key *k;

	grid_add(t, "KEY", "DEFAULT", "WHEN", "HELP", NULL);
	for (k = conf_keys; k->name != NULL; k++)
		grid_add(t, k->name, *k->def != '\0' ? k->def : "-", k->when == RELOAD ? "reload"
		    : "restart", k->help, NULL);
}

static void
dump_topics(struct grid *t)
{
	const struct kafka_topic *k;

	grid_add(t, "TOPIC", "PARTITIONS", "REPLICATION", "RETENTION_MS", "DIRECTION", NULL);
	for (k = kafka_topics; k->name != NULL; k++)
		grid_add(t, k->name, arena_printf(t->mem, "%d", k->partitions),
		    arena_printf(t->mem, "%d", k->replication),
		    arena_printf(t->mem, "%lld", (long long)k->retention_ms), k->direction, NULL);
}

static void
dump_metrics(struct grid *t)
{
	int i;

	grid_add(t, "METRIC", "KIND", "HELP", NULL);
	for (i = 0; i < METRIC_COUNT; i++) {
		const struct metric_row *m = metric_row((enum metric_id)i);

		grid_add(t, m->name, metric_type(m->kind), m->help, NULL);
	}
}

static void
dump_signals(struct grid *t)
{
	const struct signal_row *s;

	grid_add(t, "SIGNAL", "COMMAND", "HELP", NULL);
	for (s = signals; s->signo != 0; s++)
		grid_add(t, s->name, *s->command != '\0' ? s->command : "-", s->help, NULL);
}

static void
dump_procs(struct grid *t)
{
	const struct proc_row *p;

	grid_add(t, "PROCESS", "COUNT", "HELP", NULL);
	for (p = procs; p->role != NULL; p++)
		grid_add(t, p->role->name, p->when, p->help, NULL);
}

static void
dump_errors(struct grid *t)
{
	char status[8];
	int i;

	grid_add(t, "CODE", "STATUS", "KAFKA", "KOREAN", "ENGLISH", NULL);
	for (i = 0; i < ERR_COUNT; i++) {
		const struct err_row *e = &err_rows[i];

		snprintf(status, sizeof(status), "%d", e->status);
		grid_add(t, e->code, status, e->verdict == RETRY ? "retry" : "park", e->ko, e->en, NULL);
	}
}

static const struct dumper {
	const char	*name;
	void		(*fn)(struct grid *t);
} dumpers[] = {
	{ "conf", dump_conf },
	{ "routes", dump_routes },
	{ "topics", dump_topics },
	{ "events", dump_events },
	{ "metrics", dump_metrics },
	{ "signals", dump_signals },
	{ "procs", dump_procs },
	{ "errors", dump_errors },
	{ "jobs", dump_jobs },
	{ "privacy", dump_privacy },
	{ "retention", dump_retention },
	{ "commands", dump_commands },
	{ 0 }
};

static const struct {
	const char	*name;
	void		(*fn)(struct buf *out, const char *dumps);
} texts[] = {
	{ "man", dump_man },
	{ "man-conf", dump_man_conf },
	{ "bash", dump_bash },
	{ "zsh", dump_zsh },
	{ "openapi", dump_openapi },
	{ "asyncapi", dump_asyncapi },
	{ "typescript", dump_typescript },
};

/* All of both tables. */
static void
put_names(struct buf *out)
{
	const struct dumper *d;
	size_t i;

	for (d = dumpers; d->name != NULL; d++)
		buf_printf(out, "%s ", d->name);
	for (i = 0; i < NELEM(texts); i++)
		buf_printf(out, "%s ", texts[i].name);
}

static int
list_dumpers(void)
{
	struct buf out = { 0 };

	put_names(&out);
	fprintf(stderr, "dure: dump what? %.*s\n", (int)out.n - 1, out.p);
	buf_fini(&out);
	return EXIT_USAGE;
}

/* False: there is no such text. */
static bool
dump_text(const char *name)
{
	struct buf out = { 0 }, names = { 0 };
	size_t i;

	for (i = 0; i < NELEM(texts) && strcmp(texts[i].name, name) != 0; i++)
		;
	if (i == NELEM(texts))
		return false;
	put_names(&names);
	buf_byte(&names, '\0');
	texts[i].fn(&out, names.p);
	buf_fini(&names);
	cmd_print(&out);
	return true;
}

int
cmd_dump(int argc, char **argv)
{
	const struct dumper *d;
	struct buf out = { 0 };
	struct arena mem;
	struct grid t;

	if (argc > 1 && dump_text(argv[1]))
		return 0;
	for (d = dumpers; d->name != NULL && (argc < 2 || strcmp(d->name, argv[1]) != 0); d++)
		;
	if (d->name == NULL)
		return list_dumpers();
	arena_init(&mem, 16384);
	grid_init(&t, &mem);
	d->fn(&t);
	grid_text(&t, &out);
	cmd_print(&out);
	arena_fini(&mem);
	return 0;
}
