/* migrate_goal.c -- the arguments of `dure migrate`. See migrate_goal.h. */
#include "migrate_goal.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "worker/domain/ops/migrations.h"

static bool
refuse(const char *sentence)
{
	fprintf(stderr, "dure: %s\n", sentence);
	return false;
}

static int
last_version(void)
{
	const struct migration *m;
	int last = 0;

	for (m = migrations; m->name != NULL; m++)
		last = m->version;
	return last;
}

static bool
parse_order(const char *word, enum migrate_order *order)
{
	static const char *const words[] = { [MIGRATE_STATUS] = "status", [MIGRATE_UP] = "up",
	    [MIGRATE_DOWN] = "down" };
	size_t i;

	for (i = 0; i < NELEM(words) && strcmp(words[i], word) != 0; i++)
		;
	*order = i < NELEM(words) ? (enum migrate_order)i : MIGRATE_STATUS;
	return i < NELEM(words);
}

/* The number of a migration that there is. */
static bool
parse_target(const char *word, struct migrate_goal *g)
{
	const struct migration *m;
	int64_t n;

	if (!parse_int(word, 0, INT32_MAX, &n)) {
		fprintf(stderr, "dure: \"%s\" is not the number of a migration\n", word);
		return false;
	}
	if (n == 0 && g->order == MIGRATE_DOWN)
		return refuse("there is no migration 0; dure migrate down --all reverts every one");
	for (m = migrations; m->name != NULL && m->version != n; m++)
		;
	if (m->name == NULL) {
		fprintf(stderr, "dure: there is no migration %lld; the first is %d, the last %d\n", (long long)n,
		    migrations[0].version, last_version());
		return false;
	}
	g->to = (int)n;
	return true;
}

/* One argument, and its value at argv[1]: how many were taken, 0 when it is refused. */
static int
take_argument(char **argv, struct migrate_goal *g)
{
	if (strcmp(argv[0], "--drop-data") == 0) {
		g->drop_data = true;
		return 1;
	}
	if (g->to != 0 || g->steps != 0 || g->all)
		return refuse("say a migration, --steps or --all, not several");
	if (strcmp(argv[0], "--all") == 0) {
		g->all = true;
		return 1;
	}
	if (strcmp(argv[0], "--steps") == 0)
		return argv[1] != NULL && parse_int(argv[1], 1, INT32_MAX, &g->steps) ? 2
		    : refuse("--steps takes a whole number from 1");
	return parse_target(argv[0], g);
}

/* What the arguments say together. */
static bool
check_goal(const struct migrate_goal *g)
{
	if (g->order == MIGRATE_STATUS && (g->to != 0 || g->steps != 0 || g->all))
		return refuse("status shows every migration and takes no argument");
	if (g->drop_data && g->order != MIGRATE_DOWN)
		return refuse("--drop-data is for down: nothing else deletes rows");
	if (g->all && g->order == MIGRATE_UP)
		return refuse("up goes all the way by itself; --all is for down");
	return true;
}

bool
migrate_goal_parse(int argc, char **argv, struct migrate_goal *g)
{
	int i, taken;

	*g = (struct migrate_goal){ 0 };
	if (argc < 2 || !parse_order(argv[1], &g->order))
		return refuse("usage: dure migrate up [N | --steps N] | down [N | --steps N | --all] [--drop-data] "
		    "| status");
	for (i = 2; i < argc; i += taken)
		if ((taken = take_argument(argv + i, g)) == 0)
			return false;
	return check_goal(g);
}
