/* product_change.h -- publishes changes of a product to the live streams that show it:
 * live:product:added/updated/soldout/deleted.
 *
 * A change is recorded in the transaction that makes it and published after its commit: a rollback publishes nothing,
 * and cron publishes what a dead process left. The payload is the product as the transaction left it, with `change`
 * and `changeId`. `revision` grows with every change of the product: the higher one is the later one. Rooms:
 * stream:{streamKey}.
 */
#ifndef CATALOG_PRODUCT_CHANGE_H
#define CATALOG_PRODUCT_CHANGE_H

#include <stdint.h>

#include "link/pg.h"

enum product_change { PRODUCT_ADDED, PRODUCT_UPDATED, PRODUCT_SOLDOUT, PRODUCT_DELETED };

/* In the transaction `pg`, after the change: records it for one stream or, stream_key NULL, for all live streams that
 * show the product. *id is for product_change_publish after the commit; 0: no stream shows it. Yields. Errors as
 * pg_query. */
int	 product_change_record(struct pg *pg, const char *product_id, const char *stream_key,
    enum product_change change, int64_t *id);
/* After the commit: publishes the change to its rooms, then deletes the record. Ignores 0. Does not yield: runs in a
 * coroutine of its own; a failure is left to product_change_republish. */
void	 product_change_publish(int64_t id);
/* After the commit of a sale or a return: publishes `updated` with the remaining stock, at most every LIVE_STOCK_MS
 * per process, the final state always. A stock of 0 is left to the change `soldout`. Does not yield. */
void	 product_change_stock(const char *product_id);
/* Publishes changes that were recorded a few seconds ago and not published; *n: how many. For cron. Yields. Errors as
 * pg_query. */
int	 product_change_republish(int64_t *n);

#endif
