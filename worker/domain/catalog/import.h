/* import.h -- bulk import: checks items one by one, collects them as rows of a JSON array, writes those in batches and
 * lists the rejected ones. A struct import_kind says what is imported: product_import.c, review_import.c. */
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
	int64_t	 rows_max;		/* in one batch */
	/* Checks an item: import_bind, then import_row or import_reject. An error ends the import. */
	int	(*take)(struct import *im, int64_t line, const char *p, size_t n);
	/* Writes im->rows, complete JSON text now, as one batch. Yields; errors as pg_query; E_BUSY: a conflict with
	 * another import, retried. */
	int	(*write)(struct import *im);
	/* Fills in the first fields of the report, at most IMPORT_COUNTS_MAX; returns how many. */
	size_t	(*count)(const struct import *im, struct json_field *f);
};

/* The first member of a kind's own struct. */
struct import {
	const struct import_kind *kind;
	struct arena	 item;			/* for one item, reset after it */
	struct buf	 rows;			/* the batch: a JSON array being written */
	struct buf	 rejects;		/* likewise */
	int64_t		 pending, rejected;	/* rows in the batch; items rejected so far */
	bool		 korean;		/* reasons are told in Korean, not in English */
};

/* Adds an item, JSON text; `line` is its line in the input. Yields when it fills a batch. 0, also for a rejected item;
 * an error of the database ends the import, and earlier batches stay stored. */
int	 import_add(struct import *im, int64_t line, const char *p, size_t n);
/* Rejects an item: counts it, and lists it, with the reason in the reader's language, if it is among the first. */
void	 import_reject(struct import *im, int64_t line, const char *ko, const char *en);
/* Writes the last batch. *report, in `mem`: {counts…,"rejected":[{"line":…,"reason":…}]}, and "rejectedCount" when not
 * all are listed. Yields. Errors as import_add. */
int	 import_end(struct import *im, struct arena *mem, struct str *report);

/* For kinds. `im` is in the coroutine's arena; its memory is freed with the coroutine. */
void	 import_init(struct import *im, const struct import_kind *kind);
/* Parses an item, a JSON object, and binds it to `in`, a struct of `params`; *body lives as long as the item. false:
 * the item was rejected. */
bool	 import_bind(struct import *im, const struct param *params, int64_t line, const char *p, size_t n, void *in,
    const struct json **body);
void	 import_row(struct import *im, const struct json_field *f, size_t n);

#endif
