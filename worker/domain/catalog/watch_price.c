/* watch_price.c -- applies a price change: rows, notifications, alerts. See watch.h.
 *
 * One statement updates the rows of all users who watch the product and stores their notifications, however many. Each
 * row stores the last price received and the last one alerted, so that a duplicate changes nothing.
 */
#include "watch_text.h"

#include <string.h>

#include "base/err.h"
#include "base/metric.h"
#include "base/user_id.h"
#include "product_cache.h"
#include "run/co.h"
#include "worker/domain/core/notification.h"

struct pg_arg
watch_price_arg(double price)
{
	return price < 0 ? pg_text(NULL) : pg_num(price);
}

void
watch_effects(struct effects *effects, const char *user, const char *product, const char *kind, const char *type,
    struct str data)
{
	struct arena *mem = effects_arena(effects);
	const char *room = user != NULL ? arena_printf(mem, "user:%s", user) : arena_printf(mem, "product:%s", product);

	effects_room(effects, room, ROOM_STATE, "watchlist-update", "watchlist:update",
	    json_obj(mem, JS("productId", product), JS("updateType", kind), JIF(type != NULL, JS("type", type)),
	    JR("data", data.p != NULL ? data : STR("{}"))), user == NULL);
}

#define WON(x) "to_char(" x ", 'FM999,999,999,990')"
/* $1 product, $2 old price or NULL, $3 new price, $4 user or NULL, $5 alert whatever the target, $6 name or NULL. The
 * outcome for a row is computed twice, to notify and to update, rather than joined: the planner cannot estimate the
 * length of either list, and a bad join costs their product. */
#define CHANGED(w) w ".last_price IS DISTINCT FROM $3::numeric"
#define ALERT(w) "coalesce(" w ".price_alerts AND (" w ".alerted_price IS NULL OR $3::numeric < " w ".alerted_price)" \
	" AND CASE WHEN $5::boolean THEN true WHEN " w ".target_price IS NOT NULL" \
	"   THEN $3::numeric <= " w ".target_price" \
	" ELSE $3::numeric < coalesce(" w ".last_price, $2::numeric) END, false)"
#define REARM(w) "(" w ".alerted_price IS NOT NULL AND $3::numeric > coalesce(" w ".target_price, " w ".alerted_price))"
#define CONCERNED(w) w ".product_id = $1 AND ($4::text IS NULL OR " w ".user_id = $4::text) AND (" CHANGED(w) " OR " \
	ALERT(w) ")"
static struct pg_stmt move_price = PG_STMT("update", "watch_list",
    "WITH w AS ("
    "  SELECT l.*, " ALERT("l") " AS alert, " REARM("l") " AS rearm, coalesce(l.last_price, $2::numeric) AS old,"
    "    coalesce($6::text, (SELECT name FROM products WHERE id = $1), l.product_name, $1) AS name"
    "  FROM watch_list l WHERE " CONCERNED("l") " ORDER BY id FOR UPDATE),"
    " d AS ("
    "  SELECT w.*,"
    "    json_strip_nulls(json_build_object('productName', name, 'oldPrice', trim_scale(old),"
    "      'newPrice', trim_scale($3::numeric), 'savings', trim_scale(greatest(old - $3::numeric, 0)))) AS doc"
    "  FROM w),"
    " moved AS ("
    "  UPDATE watch_list l SET last_price = $3::numeric, product_name = coalesce($6::text, l.product_name),"
    "    updated_at = now(),"
    "    alerted_price = CASE WHEN " ALERT("l") " THEN $3::numeric WHEN " REARM("l") " THEN NULL"
    "      ELSE l.alerted_price END"
    "  WHERE " CONCERNED("l") "),"
    " told AS ("
    "  INSERT INTO notifications (user_id, type, title, message, priority, data)"
    "  SELECT d.user_id, 'price-alert', CASE WHEN en THEN 'Price alert' ELSE '가격 알림' END,"
    "    CASE WHEN en THEN format('%s now costs %s won.', d.name, " WON("$3::numeric") ")"
    "      ELSE format('%s 가격이 %s원이 되었습니다.', d.name, " WON("$3::numeric") ") END,"
    "    'high',"
    "    jsonb_build_object('productId', $1::text) || d.doc::jsonb"
    "      || jsonb_strip_nulls(jsonb_build_object('targetPrice', trim_scale(target_price)))"
    "  FROM d LEFT JOIN user_profiles u ON u.user_id = d.user_id,"
    "    LATERAL (SELECT coalesce(u.locale, 'ko') LIKE 'en%' AS en) x"
    "  WHERE d.alert AND d.notifications"
    "  RETURNING user_id, " NOTIFICATION_EVENT " AS event)"
    " SELECT user_id, alert, doc::text,"
    "   CASE WHEN target_price IS NULL OR NOT price_alerts THEN ''"
    "     WHEN alert THEN 'ZREM'"
    "     WHEN rearm THEN 'ZADD'"
    "     ELSE '' END,"
    "   " ALERT_MEMBER("d") ", NULL"
    " FROM d"
    " UNION ALL SELECT user_id, false, NULL, '', NULL, event FROM told");
enum { USER, IS_ALERT, DATA, QUEUE, MEMBER, NOTE };	/* a row has a change or a notification */

static void
notify_user(struct effects *effects, const char *product, const struct pg_rows *r, int row)
{
	const char *user = pg_string(r, row, USER), *queue = pg_string(r, row, QUEUE);
	bool alert = *pg_string(r, row, IS_ALERT) == 't';

	if (strcmp(queue, "ZREM") == 0)
		effects_command(effects, "ZREM", ALERT_QUEUE, pg_string(r, row, MEMBER), NULL);
	else if (strcmp(queue, "ZADD") == 0)
		effects_command(effects,
		    "ZADD", ALERT_QUEUE, arena_printf(effects_arena(effects), "%lld", (long long)now_ms()),
		    pg_string(r, row, MEMBER), NULL);
	watch_effects(effects, user, product, "price_changed", alert ? "price-alert" : NULL, pg_value(r, row, DATA));
	metric_add(M_NOTIFICATIONS, 1, alert);
}

int
watch_apply_price(struct pg *pg, struct effects *effects, const struct price_change *c, int64_t *notified)
{
	struct pg_rows r;
	int rc, i;

	*notified = 0;
	rc = pg_query(pg, &r, &move_price, pg_text(c->product), watch_price_arg(c->old_price), pg_num(c->new_price),
	    pg_text(c->user), pg_bool(c->alert), pg_text(c->name));
	if (rc < 0)
		return rc;
	for (i = 0; i < r.n; i++) {
		if (pg_string(&r, i, NOTE) != NULL) {
			notification_effects(effects, pg_string(&r, i, USER), pg_value(&r, i, NOTE));
			continue;
		}
		notify_user(effects, c->product, &r, i);
		++*notified;
	}
	return 0;
}

static struct str
price_data(struct arena *mem, const char *name, double from, double to)
{
	return json_obj(mem, JIF(name != NULL, JS("productName", name)), JIF(from >= 0, JD("oldPrice", from)),
	    JD("newPrice", to), JIF(from >= 0, JD("savings", from > to ? from - to : 0)));
}

static struct pg_stmt find_name = PG_STMT("select", "products", "SELECT name FROM products WHERE id = $1");
/* The transaction may act for the user who changes the price, but the rows belong to other users: row-level security
 * is lifted meanwhile. */
static struct pg_stmt drop_user = PG_STMT("set", "",
    "SELECT coalesce(n, ''), set_config('dure.user', '', true)"
    " FROM (SELECT current_setting('dure.user', true) AS n OFFSET 0) x");
static struct pg_stmt restore_user = PG_STMT("set", "", "SELECT set_config('dure.user', $1, true)");

static int
publish_price(struct pg *pg, struct effects *effects, const struct price_change *c)
{
	struct pg_rows r;
	int64_t notified;
	int rc;

	if ((rc = watch_apply_price(pg, effects, c, &notified)) < 0 || (rc = pg_query(pg, &r, &find_name,
	    pg_text(c->product))) < 0)
		return rc;
	product_cache_effects(effects, c->product);
	watch_effects(effects, NULL, c->product, "price_changed", NULL,
	    price_data(effects_arena(effects), r.n > 0 ? pg_string(&r, 0, 0) : NULL, c->old_price, c->new_price));
	return 0;
}

int
watch_price_changed(struct pg *pg, struct effects *effects, const char *product, int64_t old_price, int64_t new_price)
{
	struct price_change c = { .product = product, .old_price = (double)old_price, .new_price = (double)new_price };
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &drop_user)) < 0 || (rc = publish_price(pg, effects, &c)) < 0 ||
	    *pg_string(&r, 0, 0) == '\0')
		return rc;
	return pg_query(pg, NULL, &restore_user, pg_text(pg_string(&r, 0, 0)));
}

/* --- Updates from outside --- */

/* Products that the shop does not sell have no price of their own: their history comes from outside. */
static struct pg_stmt add_history = PG_STMT("insert", "price_history",
    "INSERT INTO price_history (product_id, price)"
    " SELECT id, round($2::numeric)::bigint FROM products p"
    " WHERE id = $1 AND price IS NULL"
    "   AND round($2::numeric)::bigint IS DISTINCT FROM ("
    "     SELECT price FROM price_history h WHERE h.product_id = p.id ORDER BY h.id DESC LIMIT 1)");
/* Returns a row when there is nothing to notify: the message answers an outdated request, or repeats what the row
 * already has. */
static struct pg_stmt apply_added = PG_STMT("insert", "watch_list",
    "WITH before AS (SELECT * FROM watch_list WHERE user_id = $1::text AND product_id = $2),"
    " added AS ("
    "  INSERT INTO watch_list AS w (user_id, product_id, product_name, last_price, request_id)"
    "  SELECT id, $2, $3, $4::numeric, '' FROM users"
    "  WHERE id = $1::text AND ($5::text IS NULL OR EXISTS (SELECT FROM before WHERE request_id = $5))"
    "  ON CONFLICT (user_id, product_id) DO UPDATE SET"
    "    product_name = coalesce(excluded.product_name, w.product_name),"
    "    last_price = coalesce(excluded.last_price, w.last_price))"
    " SELECT"
    " WHERE $5::text IS NOT NULL AND NOT EXISTS (SELECT FROM before WHERE request_id = $5)"
    " UNION ALL SELECT"
    " FROM before b LEFT JOIN products p ON p.id = b.product_id"
    " WHERE request_id = $5 AND ($3::text IS NULL OR $3 = coalesce(p.name, product_name))"
    "   AND ($4::numeric IS NULL OR $4::numeric = coalesce(p.price, last_price))");
static struct pg_stmt apply_removed = PG_STMT("delete", "watch_list",
    "DELETE FROM watch_list w WHERE user_id = $1::text AND product_id = $2 RETURNING " ALERT_MEMBER("w"));

static int
on_added(struct pg *pg, const struct watch_update *u)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &apply_added, pg_text(u->user), pg_text(u->product), pg_text(u->name),
	    watch_price_arg(u->new_price), pg_text(u->request_id));
	return rc < 0 ? rc : r.n > 0 ? E_CONFLICT : 0;
}

/* The answer to the user's own request arrives after the removal, perhaps when the product is watched again. */
static int
on_removed(struct pg *pg, struct effects *effects, const struct watch_update *u)
{
	struct pg_rows r;
	int rc;

	if (u->request_id != NULL)
		return E_CONFLICT;
	if ((rc = pg_query(pg, &r, &apply_removed, pg_text(u->user), pg_text(u->product))) < 0)
		return rc;
	if (r.n > 0 && pg_string(&r, 0, 0) != NULL)
		effects_command(effects, "ZREM", ALERT_QUEUE, pg_string(&r, 0, 0), NULL);
	return 0;
}

static struct pg_stmt is_watched = PG_STMT("select", "watch_list",
    "SELECT FROM watch_list WHERE product_id = $1 AND user_id = $2::text");
static struct pg_stmt find_watchers = PG_STMT("select", "watch_list",
    "SELECT user_id FROM watch_list WHERE product_id = $1");

static int
find_watcher(struct pg *pg, const struct watch_update *u, bool *watched)
{
	struct pg_rows r = { 0 };
	int rc = user_id_valid(u->user) ? pg_query(pg, &r, &is_watched, pg_text(u->product), pg_text(u->user)) : 0;

	*watched = rc == 0 && r.n > 0;
	return rc;
}

/* For one user, who is notified even without a row: the message names its user. */
static int
on_price_for(struct pg *pg, struct effects *effects, const struct watch_update *u, struct price_change *c)
{
	int64_t notified = 0;
	bool watched;
	int rc;

	c->user = u->user;
	if ((rc = find_watcher(pg, u, &watched)) < 0)
		return rc;
	if (!watched) {
		watch_effects(effects, u->user, u->product, u->kind, u->alert ? "price-alert" : NULL, u->data);
		return 0;
	}
	rc = watch_apply_price(pg, effects, c, &notified);
	return rc < 0 ? rc : notified == 0 ? E_CONFLICT : 0;
}

static int
on_price(struct pg *pg, struct effects *effects, const struct watch_update *u)
{
	struct price_change c = {
		.product = u->product, .name = u->name, .old_price = u->old_price, .new_price = u->new_price,
		.alert = u->alert,
	};
	int64_t notified;
	int rc;

	if (u->user != NULL)
		return on_price_for(pg, effects, u, &c);
	if ((rc = watch_apply_price(pg, effects, &c, &notified)) < 0 ||
	    (rc = pg_query(pg, NULL, &add_history, pg_text(u->product), pg_num(u->new_price))) < 0)
		return rc;
	watch_effects(effects, NULL, u->product, u->kind, u->alert ? "price-alert" : NULL, u->data);
	return 0;
}

/* Notifies all users who watch it. */
static int
notify_watchers(struct pg *pg, struct effects *effects, const struct watch_update *u)
{
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg, &r, &find_watchers, pg_text(u->product))) < 0)
		return rc;
	for (i = 0; i < r.n; i++)
		watch_effects(effects, pg_string(&r, i, 0), u->product, u->kind, NULL, u->data);
	watch_effects(effects, NULL, u->product, u->kind, NULL, u->data);
	return 0;
}

int
watch_on_update(struct pg *pg, struct effects *effects, const struct watch_update *u)
{
	int rc = 0;

	if (strcmp(u->kind, "price_changed") == 0)
		return on_price(pg, effects, u);
	if (u->user == NULL)
		return notify_watchers(pg, effects, u);
	if (user_id_valid(u->user))
		rc = strcmp(u->kind, "added") == 0 ? on_added(pg, u) : on_removed(pg, effects, u);
	if (rc == 0)
		watch_effects(effects, u->user, u->product, u->kind, NULL, u->data);
	return rc;
}

enum { RECEIVED_USER, RECEIVED_PRODUCT, RECEIVED_ALERTED, RECEIVED_DATA };	/* columns */
static struct pg_stmt received_since = PG_STMT("select", "watch_list",
    "SELECT w.user_id, w.product_id, w.alerted_price = w.last_price,"
    "   json_build_object('productName', coalesce(p.name, w.product_name, w.product_id),"
    "     'newPrice', trim_scale(w.last_price))::text"
    " FROM watch_list w LEFT JOIN products p ON p.id = w.product_id"
    " WHERE w.last_price IS NOT NULL AND w.updated_at > w.created_at"
    "   AND w.updated_at >= to_timestamp($1::double precision / 1000)");

int
watch_republish(struct effects *effects, int64_t since_ms)
{
	struct pg_rows r;
	int rc, i;

	rc = pg_query(pg_shared(), &r, &received_since, pg_int(since_ms));
	for (i = 0; rc == 0 && i < r.n; i++) {
		bool alert = pg_string(&r, i, RECEIVED_ALERTED) != NULL && *pg_string(&r, i, RECEIVED_ALERTED) == 't';

		watch_effects(effects, pg_string(&r, i, RECEIVED_USER), pg_string(&r, i, RECEIVED_PRODUCT),
		    "price_changed", alert ? "price-alert" : NULL, pg_value(&r, i, RECEIVED_DATA));
	}
	return rc;
}
