/* examples.c -- load a file of reviews. See examples.h, dataset.h. */
#include "examples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"

int
examples_load(struct examples *x, const char *path, bool labelled)
{
	struct dataset d;
	struct review r;
	size_t cap = 0;

	*x = (struct examples){ 0 };
	if (dataset_open(&d, path) < 0) {
		fprintf(stderr, "analyzer: %s: %s\n", path, strerror(errno));
		return -1;
	}
	arena_init(&x->mem, 1 << 20);
	while (dataset_next(&d, &r)) {
		if (labelled && r.label == LABEL_NONE) {
			d.refused++;
			continue;
		}
		if (x->n == cap && (x->e = realloc(x->e, (cap = cap ? cap * 2 : 4096) * sizeof(*x->e))) == NULL)
			abort();
		x->e[x->n++] = (struct example){ { arena_copy(&x->mem, r.text, r.n), r.n }, r.label == 1 };
	}
	x->refused = d.refused;
	dataset_close(&d);
	if (x->n > 0)
		return 0;
	fprintf(stderr, "analyzer: %s: no %sreview in it\n", path, labelled ? "labelled " : "");
	examples_fini(x);
	return -1;
}

void
examples_fini(struct examples *x)
{
	free(x->e);
	arena_fini(&x->mem);
	*x = (struct examples){ 0 };
}
