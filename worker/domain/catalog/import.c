/* import.c -- see import.h. Yields: import_add import_end. */
#include "import.h"

#include "base/err.h"
#include "run/co.h"

enum { BATCH_BYTES = 512 * 1024, REJECTS_LISTED = 100, TRIES = 5 };

static void
free_import(void *p)
{
	struct import *im = p;

	arena_fini(&im->item);
	buf_fini(&im->rows);
	buf_fini(&im->rejects);
}

void
import_init(struct import *im, const struct import_kind *kind)
{
	im->kind = kind;
	arena_init(&im->item, 8192);
	co_defer(free_import, im);
}

void
import_reject(struct import *im, int64_t line, const char *ko, const char *en)
{
	if (im->rejected++ >= REJECTS_LISTED)
		return;
	buf_byte(&im->rejects, im->rejects.n == 0 ? '[' : ',');
	json_put_obj(&im->rejects, (struct json_field[]){ JI("line", line), JS("reason", im->korean ? ko : en) }, 2);
}

bool
import_bind(struct import *im, const struct param *params, int64_t line, const char *p, size_t n, void *in,
    const struct json **body)
{
	struct param_input input = { 0 };
	struct param_faults faults;
	const char *reason = NULL;
	int rc;

	if ((rc = json_parse(&im->item, p, n, &input.body)) < 0)
		reason = im->korean ? err_row(rc)->ko : err_row(rc)->en;
	else if (json_type(input.body) != JSON_OBJECT)
		reason = im->korean ? "JSON 객체여야 합니다" : "must be a JSON object";
	else if (param_bind(&im->item, params, &input, in, &faults) < 0)
		reason = param_faults_text(&im->item, &faults, !im->korean);
	if (reason != NULL)
		import_reject(im, line, reason, reason);
	*body = input.body;
	return reason == NULL;
}

void
import_row(struct import *im, const struct json_field *f, size_t n)
{
	buf_byte(&im->rows, im->pending++ == 0 ? '[' : ',');
	json_put_obj(&im->rows, f, n);
}

static int
write_batch(struct import *im)
{
	int rc = E_BUSY, tries;

	if (im->pending == 0)
		return 0;
	buf_add(&im->rows, "]", 2);	/* with its NUL */
	for (tries = 0; rc == E_BUSY && tries < TRIES; tries++)
		rc = im->kind->write(im);
	if (rc < 0)
		return rc;
	im->pending = 0;
	buf_reset(&im->rows);
	return 0;
}

int
import_add(struct import *im, int64_t line, const char *p, size_t n)
{
	int rc = im->kind->take(im, line, p, n);

	if (rc == 0 && (im->pending >= im->kind->rows_max || im->rows.n >= BATCH_BYTES))
		rc = write_batch(im);
	arena_reset(&im->item);
	return rc;
}

int
import_end(struct import *im, struct arena *mem, struct str *report)
{
	struct json_field f[IMPORT_COUNTS_MAX + 2];
	size_t n;
	int rc;

	if ((rc = write_batch(im)) < 0)
		return rc;
	n = im->kind->count(im, f);
	f[n++] = JR("rejected", str_of(arena_printf(mem, "%.*s]", im->rejects.n > 0
	    ? (int)im->rejects.n : 1, im->rejects.n > 0 ? im->rejects.p : "[")));
	f[n++] = JIF(im->rejected > REJECTS_LISTED, JI("rejectedCount", im->rejected));
	*report = json_obj_n(mem, f, n);
	return 0;
}
