/* cmd_reseal.c -- `dure reseal`: seals under the first key of ENCRYPTION_KEY what is sealed under an older one. */
#include <stdio.h>

#include "base/err.h"
#include "cmd.h"
#include "worker/domain/ops/reseal.h"

enum { ROUNDS_MAX = 10 };

static int status;

static void
print_outcome(const struct sealed_column *c, const struct reseal_outcome *out)
{
	printf("%s.%s: %lld sealed", c->table, c->column, (long long)out->sealed);
	if (out->lost > 0)
		printf(", %lld cannot be opened", (long long)out->lost);
	if (out->changed > 0)
		printf(", %lld changed meanwhile", (long long)out->changed);
	printf("\n");
	fflush(stdout);
}

/* Repeats until no row was changed by others meanwhile. */
static int
seal_column(struct sealed_column *c)
{
	struct reseal_outcome out = { 0 }, all = { 0 };
	int i, rc = 0;

	for (i = 0; i < ROUNDS_MAX && rc == 0 && (i == 0 || out.changed > 0); i++) {
		out = (struct reseal_outcome){ 0 };
		rc = reseal_column(c, &out);
		all = (struct reseal_outcome){ all.sealed + out.sealed, out.changed, out.lost };
	}
	print_outcome(c, &all);
	if (all.lost > 0 || all.changed > 0)
		status = 1;
	return rc;
}

static int
reseal_all(struct arena *mem)
{
	struct sealed_column *c;
	int rc = 0;

	(void)mem;
	for (c = sealed_columns; c->table != NULL && rc == 0; c++)
		rc = seal_column(c);
	if (rc < 0) {
		fprintf(stderr, "dure: %s\n", rc == E_VALIDATION ? "set ENCRYPTION_KEY" : cmd_why(rc));
		status = 1;
	}
	return status;
}

int
cmd_reseal(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: dure reseal\n");
		return EXIT_USAGE;
	}
	return cmd_in_loop(LINK_PG, reseal_all);
}
