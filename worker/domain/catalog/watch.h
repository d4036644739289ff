/* watch.h -- products that users watch, and what they are told when the price changes.
 *
 * Who watches is in watch_list. Each change is a message on watchlist-requests for whoever follows prices outside; what
 * those say comes on watchlist-updates; what the shop changes comes by watch_price_changed. Both take the same way:
 * rows, notifications, and after the commit `watchlist-update` (also `watchlist:update`) to the rooms of the users and
 * of the product.
 *
 * An alert is due when the price reaches the target, or, without one, when it falls; again only when it falls below the
 * price told last, or has been above meanwhile. price_alert_queue (a zset, ms) holds `user:product:target` of the armed
 * ones until they are looked at next, so that one whose change was never told is found too; it can be made anew from
 * the rows (watch_fill_queue).
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
	const char	*frequency, *notifications, *price_alerts;	/* as text; NULL: as it is, or the default */
	double		 target;					/* 0: none; negative: as it is */
};
struct watch_ticket {
	const char	*request_id;
	struct str	 doc;		/* as in the list */
	bool		 created;
};
/* Watch, or change how. Yields. E_FORBIDDEN when the user has no account, E_CONFLICT when he watches WATCH_LIST_MAX
 * already; else as pg_query. */
int	 watch_add(struct arena *mem, const struct watch_order *o, struct watch_ticket *out);
/* E_NOT_FOUND when he does not watch it. Yields. */
int	 watch_remove(struct arena *mem, const char *user, const char *product, const char *traceparent,
    const char **request_id);
/* {productId,productName,price,targetPrice,frequency,notifications,priceAlerts,createdAt,updatedAt}, newest first,
 * behind `cursor`. Yields. */
int	 watch_page(struct arena *mem, const char *user, int64_t limit, const char *cursor, struct str *list,
    const char **next);

/* A product of the shop has another price (won), in the transaction that changes it, in whoever's name that is. What is
 * to be told is collected in `news`, for after the commit. Yields. Errors as pg_query. */
int	 watch_price_changed(struct pg *pg, struct effects *effects, const char *product, int64_t old_price,
    int64_t new_price);

/* What came on watchlist-updates. E_CONFLICT when it is known already. Yields. */
struct watch_update {
	const char	*product, *user;		/* user NULL: everybody who watches it */
	const char	*kind;				/* added, removed, price_changed */
	const char	*request_id;			/* what it answers; NULL */
	bool		 alert;				/* the sender holds it for an alert, whatever the target */
	const char	*name;				/* NULL: not said */
	double		 old_price, new_price;		/* negative: not said */
	struct str	 data;				/* as it came; p NULL: none */
};
int	 watch_on_update(struct pg *pg, struct effects *effects, const struct watch_update *u);

/* For republish.h: the prices heard since `since_ms`. Yields. Errors as pg_query. */
int	 watch_republish(struct effects *effects, int64_t since_ms);

/* Look at the queued alerts that are due. *n: how many were told. Yields. */
int	 watch_check_alerts(struct arena *mem, int64_t *n);
/* Put what is missing into price_alert_queue, take out what is not armed. *n: how many. Yields. */
int	 watch_fill_queue(struct arena *mem, int64_t *n);

#endif
