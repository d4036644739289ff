/* order_queue.h -- orders written together: for order_place.c only.
 *
 * What limits a product that everybody wants is its row, which an order holds until its commit is on disk. So while one
 * transaction of this process is under way, the orders that come meanwhile wait, and then go together in the next, in
 * one round trip: one commit for all of them. With little to do an order goes at once and alone. Each is still all or
 * nothing of its own: one that finds too little takes nothing, and one that fails sends the others to be tried alone.
 */
#ifndef ORDER_ORDER_QUEUE_H
#define ORDER_ORDER_QUEUE_H

#include "link/pg.h"

enum { ORDER_QUEUE_ARGS = 16 };

/* Run `place` with these arguments (args[0] is a placeholder; n with it); `ids` is the array of the products it will
 * lock. The first row's first two columns go to *json and *more, in the coroutine's arena; NULL without a row. Yields.
 * Errors as pg_query; it goes on without a caller that stopped waiting. */
int	 order_queue_run(struct pg_stmt *place, const struct pg_arg *args, size_t n, const char *ids, struct str *json,
    struct str *more);

#endif
