/* anthropic_results.c -- see anthropic_results.h. */
#include "anthropic_results.h"

#include "base/err.h"

static int
take_line(struct anthropic_results *r, struct str line)
{
	struct anthropic_result got = { 0 };
	struct arena mem;
	int64_t tokens;
	size_t index;
	int rc;

	if (line.n == 0)
		return 0;
	if (++r->lines > 2 * r->n + 100)
		return E_TOO_LARGE;
	arena_init(&mem, 4096);
	rc = anthropic_read_result(&mem, line, r->tag, &index, &got.answered, &got.c, &tokens);
	arena_fini(&mem);
	if (rc == E_NOT_FOUND || (rc == 0 && index >= r->n)) {
		r->foreign++;
		return 0;
	}
	if (rc < 0)
		return rc;
	if (!r->v[index].answered)
		r->tokens += tokens;
	r->v[index] = got;
	return 0;
}

int
anthropic_results_take(struct anthropic_results *r, const char *p, size_t n)
{
	const char *end;
	size_t bytes;
	int rc;

	buf_add(&r->rest, p, n);
	while ((end = r->rest.n > 0 ? memchr(r->rest.p, '\n', r->rest.n) : NULL) != NULL) {
		bytes = (size_t)(end - r->rest.p);
		if (bytes > RESULT_LINE_MAX)
			return E_TOO_LARGE;
		if ((rc = take_line(r, (struct str){ r->rest.p, bytes })) < 0)
			return rc;
		buf_drop(&r->rest, bytes + 1);
	}
	return r->rest.n > RESULT_LINE_MAX ? E_TOO_LARGE : 0;
}

int
anthropic_results_end(struct anthropic_results *r)
{
	int rc = r->rest.n > 0 ? take_line(r, (struct str){ r->rest.p, r->rest.n }) : 0;

	buf_fini(&r->rest);
	return rc;
}
