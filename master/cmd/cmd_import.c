/* cmd_import.c -- `dure import`: reviews from a file into the database, in bounded memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "cmd.h"
#include "run/co.h"
#include "worker/domain/catalog/review.h"

static struct {
	const char	*product, *path;
	FILE		*file;
} run;

/* Reads one line of at most `max` bytes into `buf` (max + 1); a longer one is consumed and sets *long_line. False at
 * the end. */
static bool
read_line(char *buf, size_t max, size_t *n, bool *long_line)
{
	int c;

	*n = 0;
	*long_line = false;
	while ((c = getc_unlocked(run.file)) != EOF && c != '\n') {
		if (*n < max)
			buf[(*n)++] = (char)c;
		else
			*long_line = true;
	}
	return c != EOF || *n > 0;
}

static bool
is_blank(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strchr(" \t\r", p[i]) == NULL)
			return false;
	return true;
}

static int
add_lines(struct import *im)
{
	size_t max = (size_t)conf.bulk_line_bytes, n;
	char *line = arena_alloc(co_arena(), max + 1);
	bool long_line;
	int64_t at;
	int rc = 0;

	for (at = 1; rc == 0 && read_line(line, max, &n, &long_line); at++) {
		if (long_line)
			import_reject(im, at, "줄이 너무 깁니다", "the line is too long");
		else if (!is_blank(line, n))
			rc = import_add(im, at, line, n);
	}
	return rc;
}

static int
import_file(struct arena *mem)
{
	struct import *im = review_import(run.product);
	struct str report;
	int rc = add_lines(im);

	if (rc == 0)
		rc = import_end(im, mem, &report);
	if (rc == 0)
		printf("%.*s\n", (int)report.n, report.p);
	else
		fprintf(stderr, "dure: import failed: %s (%lld reviews were stored)\n", cmd_why(rc),
		    (long long)review_import_accepted(im));
	return rc == 0 ? 0 : 1;
}

static int
parse_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--product") == 0 && i + 1 < argc)
			run.product = argv[++i];
		else if (run.path == NULL && (argv[i][0] != '-' || argv[i][1] == '\0'))
			run.path = argv[i];
		else
			return -1;
	}
	return run.path != NULL ? 0 : -1;
}

int
cmd_import(int argc, char **argv)
{
	if (parse_arguments(argc, argv) < 0) {
		fprintf(stderr, "usage: dure import [--product ID] FILE\n");
		return EXIT_USAGE;
	}
	run.file = strcmp(run.path, "-") == 0 ? stdin : fopen(run.path, "re");
	if (run.file == NULL) {
		fprintf(stderr, "dure: %s: %s\n", run.path, strerror(errno));
		return 1;
	}
	return cmd_in_loop(LINK_PG, import_file);
}
