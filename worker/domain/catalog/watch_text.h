/* watch_text.h -- inside the watch list's domain: names and payloads that its files share. */
#ifndef CATALOG_WATCH_TEXT_H
#define CATALOG_WATCH_TEXT_H

#include "watch.h"

#define ALERT_QUEUE	"price_alert_queue"
/* What stands for a row in that queue. */
#define ALERT_MEMBER(row) row ".user_id || ':' || " row ".product_id || ':' || trim_scale(" row ".target_price)"
/* Whether it belongs there. */
#define ALERT_ARMED(row) row ".price_alerts AND " row ".target_price IS NOT NULL AND " row ".alerted_price IS NULL"

/* A price has changed, as one statement sees it. */
struct price_change {
	const char	*product, *name;	/* name NULL: as known */
	const char	*user;			/* his row only; NULL: all */
	double		 old_price, new_price;	/* old: negative when it is not known */
	bool		 alert;			/* alert whatever the target */
};
/* Apply it to the rows and collect what is to be told; *told: how many users. Yields. */
int	 watch_apply_price(struct pg *pg, struct effects *effects, const struct price_change *c, int64_t *told);
/* The event to a user's room, or (user NULL) to the product's: `data` p NULL: none; `type` NULL: none. */
void	 watch_effects(struct effects *effects, const char *user, const char *product, const char *kind,
    const char *type, struct str data);
/* A price as an argument: NULL where it is negative. */
struct pg_arg watch_price_arg(double price);

#endif
