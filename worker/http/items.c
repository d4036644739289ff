/* items.c -- the items of a bulk import. See items.h. Yields: items_import. */
#include "items.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/split.h"
#include "req.h"
#include "run/co.h"
#include "worker/domain/catalog/import.h"

static void
free_split(void *p)
{
	split_fini(p);
}

static int
take_item(struct import *im, enum split_result r, struct str item, int64_t line)
{
	if (r == SPLIT_ITEM)
		return import_add(im, line, item.p, item.n);
	if (r == SPLIT_TOO_LONG)
		import_reject(im, line, "너무 깁니다", "is too long");
	return r == SPLIT_BROKEN ? E_JSON : 0;
}

static int
take_chunk(struct import *im, struct split *s)
{
	enum split_result r;
	struct str item = { 0 };
	int64_t line = 0;
	int rc;

	while ((r = split_next(s, &item, &line)) != SPLIT_MORE)
		if ((rc = take_item(im, r, item, line)) < 0)
			return rc;
	return 0;
}

int
items_import(struct req *rq, struct import *im)
{
	struct split *s = arena_zalloc(rq->mem, sizeof(*s));
	enum split_result r;
	struct str chunk, report, item = { 0 };
	int64_t line = 0;
	int rc;

	im->korean = !rq->english;
	s->item_max = (size_t)conf.bulk_line_bytes;
	co_defer(free_split, s);
	while ((rc = req_read(rq, &chunk)) == 0 && chunk.n > 0) {
		split_feed(s, chunk.p, chunk.n);
		if ((rc = take_chunk(im, s)) < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	if ((r = split_end(s, &item, &line)) != SPLIT_MORE && (rc = take_item(im, r, item, line)) < 0)
		return rc;
	if ((rc = import_end(im, rq->mem, &report)) < 0)
		return rc;
	return reply_json(rq, 200, report);
}
