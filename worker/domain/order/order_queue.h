/* order_queue.h -- group commit of orders, for order_place.c only.
 *
 * A popular product is limited by its row, which an order locks until its commit is on disk. While one transaction of
 * this process is in flight, further orders wait; the next transaction then takes them all, in one round trip with one
 * commit. An idle queue writes an order at once and alone. Each order remains all or nothing: one that finds too
 * little stock takes none, and one that fails makes the batch retry its orders one by one.
 */
#ifndef ORDER_ORDER_QUEUE_H
#define ORDER_ORDER_QUEUE_H

#include "link/pg.h"

enum { ORDER_QUEUE_ARGS = 16 };

/* Runs `place` with these arguments (args[0] is a placeholder, counted in n); `ids` is the array of products that it
 * locks. The first two columns of its row go to *json and *more, in the coroutine's arena; NULL without a row. Yields.
 * Errors as pg_query. It completes even if the caller stops waiting. */
int	 order_queue_run(struct pg_stmt *place, const struct pg_arg *args, size_t n, const char *ids, struct str *json,
    struct str *more);

#endif
