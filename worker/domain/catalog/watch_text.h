/* watch_text.h -- names and payloads shared by the files of the watch list. */
#ifndef CATALOG_WATCH_TEXT_H
#define CATALOG_WATCH_TEXT_H

#include "watch.h"

#define ALERT_QUEUE	"price_alert_queue"
/* The queue's member for a row. */
#define ALERT_MEMBER(row) row ".user_id || ':' || " row ".product_id || ':' || trim_scale(" row ".target_price)"
/* Whether the row belongs into the queue. */
#define ALERT_ARMED(row) row ".price_alerts AND " row ".target_price IS NOT NULL AND " row ".alerted_price IS NULL"

/* A price change, as the update statement takes it. */
struct price_change {
	const char	*product, *name;	/* name NULL: as stored */
	const char	*user;			/* this user's row only; NULL: all */
	double		 old_price, new_price;	/* old: negative when unknown */
	bool		 alert;			/* alert whatever the target */
};
/* Updates the rows and collects the effects; *notified: how many users. Yields. Errors as pg_query. */
int	 watch_apply_price(struct pg *pg, struct effects *effects, const struct price_change *c, int64_t *notified);
/* Collects the event for the user's room, or (user NULL) the product's. `data` p NULL: none; `type` NULL: none. */
void	 watch_effects(struct effects *effects, const char *user, const char *product, const char *kind,
    const char *type, struct str data);
/* A price as an argument: NULL where it is negative. */
struct pg_arg watch_price_arg(double price);

#endif
