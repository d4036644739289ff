/* wanted.c -- counts requested keywords. See wanted.h. */
#include "wanted.h"

#include <string.h>

static void
fold_case(char *to, const char *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] | 32) : from[i];
}

void
wanted_init(struct wanted *w, struct arena *mem, struct strs words)
{
	size_t i;

	*w = (struct wanted){ .v = arena_zalloc(mem, (words.n + 1) * sizeof(*w->v)), .n = words.n };
	for (i = 0; i < words.n; i++) {
		w->v[i].word = words.v[i];
		w->v[i].n = strlen(words.v[i]);
		w->v[i].folded = arena_alloc(mem, w->v[i].n + 1);
		fold_case(w->v[i].folded, words.v[i], w->v[i].n + 1);
	}
}

void
wanted_fini(struct wanted *w)
{
	buf_fini(&w->scratch);
}

void
wanted_add(struct wanted *w, const char *text, size_t n, enum sentiment of)
{
	size_t i;

	if (w->n == 0 || n == 0)
		return;
	buf_reset(&w->scratch);
	fold_case(buf_reserve(&w->scratch, n), text, n);
	buf_grow(&w->scratch, n);
	for (i = 0; i < w->n; i++)
		if (memmem(w->scratch.p, n, w->v[i].folded, w->v[i].n) != NULL)
			w->v[i].by[of]++;
}
