/* watch.h -- watch lists: the products a user watches, and the notifications when their price changes.
 *
 * watch_list holds the entries. Each change of it is a message on watchlist-requests, for services that follow prices
 * outside; their updates arrive on watchlist-updates, changes in the shop by watch_price_changed. Both take the same
 * path: rows, notifications, and after the commit `watchlist-update` (also `watchlist:update`) to the rooms of the
 * users and of the product.
 *
 * An alert is due when the price reaches the target or, without one, when it falls. It repeats only when the price
 * falls below the last alerted price, or has been above it since. price_alert_queue (a zset, ms) holds
 * `user:product:target` of the armed alerts until their next check, which also finds an alert whose price change was
 * lost. watch_fill_queue rebuilds it from the rows.
 */
#ifndef CATALOG_WATCH_H
#define CATALOG_WATCH_H

#include <stdbool.h>

#include "base/json.h"
#include "link/pg.h"
#include "worker/domain/core/effects.h"

#define WATCH_FREQUENCIES "hourly|daily|weekly"

struct watch_order {
	const char	*user, *product, *traceparent;
	const char	*frequency, *notifications, *price_alerts;	/* as text; NULL: unchanged, or the default */
	double		 target;					/* 0: none; negative: unchanged */
};
struct watch_ticket {
	const char	*request_id;
	struct str	 doc;		/* as in the list */
	bool		 created;
};
/* Watches a product, or changes the options. Yields. E_FORBIDDEN when the user has no account, E_CONFLICT when they
 * watch WATCH_LIST_MAX products already; else as pg_query. */
int	 watch_add(struct arena *mem, const struct watch_order *o, struct watch_ticket *out);
/* Stops watching. *request_id in `mem`. Yields. E_NOT_FOUND when the user does not watch it; else as pg_query. */
int	 watch_remove(struct arena *mem, const char *user, const char *product, const char *traceparent,
    const char **request_id);
/* {productId,productName,price,targetPrice,frequency,notifications,priceAlerts,createdAt,updatedAt}, newest first,
 * behind `cursor`. Yields. E_VALIDATION for a malformed cursor, else as pg_query. */
int	 watch_page(struct arena *mem, const char *user, int64_t limit, const char *cursor, struct str *list,
    const char **next);

/* Applies a new price (won) of a product in the shop, within the transaction that changes it, whichever user that acts
 * for. Collects the notifications in `effects`. Yields. Errors as pg_query. */
int	 watch_price_changed(struct pg *pg, struct effects *effects, const char *product, int64_t old_price,
    int64_t new_price);

/* A message of watchlist-updates. Yields. E_CONFLICT for a duplicate. */
struct watch_update {
	const char	*product, *user;		/* user NULL: all users who watch it */
	const char	*kind;				/* added, removed, price_changed */
	const char	*request_id;			/* the request it answers; NULL: none */
	bool		 alert;				/* the sender declares it an alert, whatever the target */
	const char	*name;				/* NULL: not given */
	double		 old_price, new_price;		/* negative: not given */
	struct str	 data;				/* as received; p NULL: none */
};
int	 watch_on_update(struct pg *pg, struct effects *effects, const struct watch_update *u);

/* For republish.h: collects the prices received since `since_ms` (ms since 1970). Yields. Errors as pg_query. */
int	 watch_republish(struct effects *effects, int64_t since_ms);

/* Checks the queued alerts that are due. *n: how many notified a user. Yields. Errors as redis_cmd and pg_query. */
int	 watch_check_alerts(struct arena *mem, int64_t *n);
/* Adds missing entries to price_alert_queue, drops those not armed. *n: how many. Yields. Errors as redis_cmd and
 * pg_query. */
int	 watch_fill_queue(struct arena *mem, int64_t *n);

#endif
