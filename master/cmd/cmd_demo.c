/* cmd_demo.c -- `dure demo seed`: demo data for an empty database, in development. */
#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/grid.h"
#include "cmd.h"
#include "worker/domain/ops/demo.h"

static bool if_empty;

static int
seed_demo(struct arena *mem)
{
	struct demo_account accounts[DEMO_ACCOUNTS];
	struct buf out = { 0 };
	struct grid t;
	int i, rc = demo_seed(mem, accounts);

	if (rc < 0) {
		fprintf(stderr, "dure: the demo was not seeded: %s; the same command goes on with it\n", cmd_why(rc));
		return 1;
	}
	grid_init(&t, mem);
	for (i = DEMO_ACCOUNTS - 1; i >= 0; i--)
		grid_add(&t, accounts[i].email, accounts[i].password, accounts[i].role, NULL);
	grid_text(&t, &out);
	cmd_print(&out);
	return 0;
}

static int
run_seed(struct arena *mem)
{
	enum demo_state state;
	int rc = demo_find_state(&state);

	if (rc < 0)
		return fprintf(stderr, "dure: %s\n", cmd_why(rc)), 1;
	if (state == DEMO_EMPTY || state == DEMO_BEGUN)
		return seed_demo(mem);
	if (if_empty)
		return 0;
	fprintf(stderr, state == DEMO_DONE ? "dure: the demo is there already; dure user passwd EMAIL sets a password "
	    "anew\n" :
	    "dure: the database is not empty: it has accounts, products or streams that are not the demo's\n");
	return 1;
}

int
cmd_demo(int argc, char **argv)
{
	if_empty = argc == 2 && strcmp(argv[1], "--if-empty") == 0;
	if (argc > 1 && !if_empty) {
		fprintf(stderr, "usage: dure demo seed [--if-empty]\n");
		return EXIT_USAGE;
	}
	if (!conf.development) {
		fprintf(stderr, "dure: the demo is for development only (NODE_ENV is %s)\n", conf.env);
		return 1;
	}
	return cmd_in_loop(LINK_PG | LINK_REDIS, run_seed);
}
