/* cmd_kafka_dead.c -- `dure kafka dead list|retry|drop`: messages that could not be applied or sent, for an operator
 * to decide about.
 *
 * Works on the database alone; a message sent again waits in the outbox for the bridge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/grid.h"
#include "base/str.h"
#include "cmd.h"
#include "run/co.h"
#include "worker/domain/core/dead_letter.h"

enum { PAGE = 500 };

static struct {
	struct dead_letter_choice choice;
	bool	 all;
	int	(*obey)(void);
} run;

static void
add_row(struct grid *t, struct arena *mem, const struct dead_letter *d)
{
	const char *place = d->partition < 0 ? "outbox" : arena_printf(mem, "%d:%lld", d->partition,
	    (long long)d->offset);

	grid_add(t, arena_printf(mem, "%lld", (long long)d->id), d->created, d->topic, place, d->key != NULL
	    ? d->key : "-", d->reason, NULL);
}

/* Prints a table; for letters requested by id their contents too. */
static int
list_letters(void)
{
	struct arena *mem = co_arena();
	struct buf out = { 0 };
	struct dead_letter *v;
	int64_t after = 0;
	struct grid t;
	int rc, n, i;

	grid_init(&t, mem);
	grid_add(&t, "ID", "TIME", "TOPIC", "PLACE", "KEY", "REASON", NULL);
	do {
		if ((rc = dead_letter_list(&run.choice, after, PAGE, &v, &n)) < 0)
			return rc;
		for (i = 0; i < n; i++) {
			add_row(&t, mem, &v[i]);
			after = v[i].id;
		}
	} while (n == PAGE);
	grid_text(&t, &out);
	for (i = 0; run.choice.n_ids > 0 && i < n; i++)
		buf_printf(&out, "\n%lld: %.*s\n", (long long)v[i].id, (int)v[i].value.n, v[i].value.p);
	cmd_print(&out);
	return 0;
}

/* Prints how many were handled; fewer than were named is a failure. */
static int
print_count(const char *what, int n)
{
	printf("%d %s\n", n, what);
	return run.choice.n_ids > (size_t)n ? E_NOT_FOUND : 0;
}

static int
retry_letters(void)
{
	int n, kept, rc = dead_letter_retry(&run.choice, &n, &kept);

	if (rc < 0)
		return rc;
	if (kept > 0)
		fprintf(stderr, "dure: %d are no text and stay\n", kept);
	return print_count("sent again", n);
}

static int
drop_letters(void)
{
	int n, rc = dead_letter_drop(&run.choice, &n);

	return rc < 0 ? rc : print_count("dropped", n);
}

static int
run_choice(struct arena *mem)
{
	int rc = run.obey();

	(void)mem;
	if (rc < 0)
		fprintf(stderr, "dure: %s\n", rc == E_NOT_FOUND
		    ? "not all of these could be found or sent" : cmd_why(rc));
	return rc == 0 ? 0 : 1;
}

static const struct { const char *name; int (*obey)(void); bool needs_choice; } actions[] = {
	{ "list", list_letters, false },
	{ "retry", retry_letters, true },
	{ "drop", drop_letters, true },
};

/* The action, then ids or --all or --topic. False for a wrong call. */
static bool
take_words(int argc, char **argv, int64_t *ids)
{
	size_t a;
	int i;

	for (a = 0; a < NELEM(actions) && (argc < 2 || strcmp(argv[1], actions[a].name) != 0); a++)
		;
	if (a == NELEM(actions))
		return false;
	for (i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--all") == 0)
			run.all = true;
		else if (strcmp(argv[i], "--topic") == 0 && i + 1 < argc)
			run.choice.topic = argv[++i];
		else if (parse_int(argv[i], 1, INT64_MAX, &ids[run.choice.n_ids]))
			run.choice.n_ids++;
		else
			return false;
	}
	run.choice.ids = ids;
	run.obey = actions[a].obey;
	return (run.choice.n_ids == 0 || (!run.all && run.choice.topic == NULL)) &&
	    (!actions[a].needs_choice || run.all || run.choice.topic != NULL || run.choice.n_ids > 0);
}

int
cmd_kafka_dead(int argc, char **argv)
{
	int64_t *ids = calloc((size_t)argc + 1, sizeof(*ids));
	int status;

	if (ids == NULL || !take_words(argc, argv, ids)) {
		fprintf(stderr, "usage: dure kafka dead list [ID... | --topic TOPIC]\n"
		    "       dure kafka dead retry|drop ID... | --topic TOPIC | --all\n");
		free(ids);
		return EXIT_USAGE;
	}
	status = cmd_in_loop(LINK_PG, run_choice);
	free(ids);
	return status;
}
