/* examples.c -- load a file of reviews. See examples.h, dataset.h. */
#include "examples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"

void
examples_add(struct examples *x, const char *text, size_t n, int positive)
{
	if (x->cap == 0)
		arena_init(&x->mem, 1 << 20);
	if (x->n == x->cap && (x->e = realloc(x->e, (x->cap = x->cap ? x->cap * 2 : 4096) * sizeof(*x->e))) == NULL)
		abort();
	x->e[x->n++] = (struct example){ { arena_copy(&x->mem, text, n), n }, positive };
}

int
examples_load(struct examples *x, const char *path, bool labelled)
{
	size_t before = x->n;
	struct dataset d;
	struct review r;

	if (dataset_open(&d, path) < 0) {
		fprintf(stderr, "analyzer: %s: %s\n", path, strerror(errno));
		examples_fini(x);
		return -1;
	}
	while (dataset_next(&d, &r))
		if (labelled && r.label == LABEL_NONE)
			d.refused++;
		else
			examples_add(x, r.text, r.n, r.label == 1);
	x->refused += d.refused;
	dataset_close(&d);
	if (x->n > before)
		return 0;
	fprintf(stderr, "analyzer: %s: no %sreview in it\n", path, labelled ? "labelled " : "");
	examples_fini(x);
	return -1;
}

void
examples_fini(struct examples *x)
{
	free(x->e);
	if (x->cap > 0)
		arena_fini(&x->mem);
	*x = (struct examples){ 0 };
}
