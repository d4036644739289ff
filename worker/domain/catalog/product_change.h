/* product_change.h -- telling the live streams that show a product what became of it:
 * live:product:added/updated/soldout/deleted.
 *
 * A change is recorded in the transaction that makes it and told after its commit, so what was rolled back is never
 * told and what a process could not tell before it died is told by cron. The payload is the product as the transaction
 * left it, with `change` and `changeId`; `revision` grows with every change of the product: the greater one is the
 * later one. Rooms: stream:{streamKey}.
 */
#ifndef CATALOG_PRODUCT_CHANGE_H
#define CATALOG_PRODUCT_CHANGE_H

#include <stdint.h>

#include "link/pg.h"

enum product_change { PRODUCT_ADDED, PRODUCT_UPDATED, PRODUCT_SOLDOUT, PRODUCT_DELETED };

/* In the transaction `pg`, after the change: record it for this stream only or, stream_key NULL, for all live streams
 * that show the product. *id is for product_change_publish after the commit; 0: nobody would hear of it. Yields. Errors
 * as pg_query. */
int	 product_change_record(struct pg *pg, const char *product_id, const char *stream_key,
    enum product_change change, int64_t *id);
/* After the commit: tell the rooms, then forget the record. 0 is ignored. Does not yield: a coroutine of its own does
 * it. */
void	 product_change_publish(int64_t id);
/* After the commit of a sale or a return: tell `updated` with what is left, at most every LIVE_STOCK_MS a process, the
 * last state always; not when nothing is left, which is a change of its own. Does not yield. */
void	 product_change_stock(const char *product_id);
/* Tell what others recorded and did not tell within a few seconds; *n is how many. For cron. Yields. Errors as
 * pg_query. */
int	 product_change_republish(int64_t *n);

#endif
