/* import.h -- a bulk import: items are checked one by one, kept as rows of a JSON array, written in batches; what is
 * refused is listed. What is imported is a struct import_kind: product_import.c, review_import.c.
 */
#ifndef CATALOG_IMPORT_H
#define CATALOG_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/param.h"

struct import;

enum { IMPORT_COUNTS_MAX = 4 };

struct import_kind {
	int64_t	 rows_max;		/* of a batch */
	/* Check an item: import_bind, then import_row or import_reject. An error ends the import. */
	int	(*take)(struct import *im, int64_t line, const char *p, size_t n);
	/* Write im->rows, a text now, as one. Yields; errors as pg_query; E_BUSY: it met another import and is tried
	 * again. */
	int	(*write)(struct import *im);
	/* What the report says first, at most IMPORT_COUNTS_MAX fields; how many. */
	size_t	(*count)(const struct import *im, struct json_field *f);
};

/* The first member of a kind's own struct. */
struct import {
	const struct import_kind *kind;
	struct arena	 item;			/* of one item, reset after it */
	struct buf	 rows;			/* the batch: a JSON array being written */
	struct buf	 rejects;		/* likewise */
	int64_t		 pending, rejected;	/* rows of the batch; items refused so far */
};

/* Take an item, JSON text; `line` is where it was. Yields when it fills a batch. 0 also when it was refused, or an
 * error of the database, after which the import is over; batches before it are stored. */
int	 import_add(struct import *im, int64_t line, const char *p, size_t n);
/* An item is refused: counted, and listed among the first. */
void	 import_reject(struct import *im, int64_t line, const char *reason);
/* Write what is left. *report, in `mem`: {counts…,"rejected":[{"line":…,"reason":…}]}, and "rejectedCount" when not all
 * are listed. */
int	 import_end(struct import *im, struct arena *mem, struct str *report);

/* For kinds. `im` lives in the coroutine's arena; what it holds ends with the coroutine. */
void	 import_init(struct import *im, const struct import_kind *kind);
/* Parse an item, a JSON object, and bind it to `in`, a struct of `params`; *body lives as long as the item. false: it
 * was rejected. */
bool	 import_bind(struct import *im, const struct param *params, int64_t line, const char *p, size_t n, void *in,
    const struct json **body);
void	 import_row(struct import *im, const struct json_field *f, size_t n);

#endif
