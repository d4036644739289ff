/* watch.c -- the rows of watch_list. See watch.h. Price changes are in watch_price.c. */
#include "watch.h"

#include "base/conf.h"
#include "base/err.h"
#include "run/co.h"
#include "watch_text.h"
#include "worker/domain/core/outbox.h"

#define DOC(w) "json_build_object('productId', " w ".product_id, 'productName', coalesce(p.name, " w \
	".product_name), " \
	"'price', trim_scale(coalesce(p.price, " w ".last_price)), 'targetPrice', trim_scale(" w ".target_price), " \
	"'frequency', " w ".frequency, 'notifications', " w ".notifications, 'priceAlerts', " w ".price_alerts, " \
	"'createdAt', iso(" w ".created_at), 'updatedAt', iso(" w ".updated_at))"

/* A new target re-arms the alert. Changes are measured against the current price. */
static struct pg_stmt add_row = PG_STMT("insert", "watch_list",
    "WITH given AS (SELECT $1::uuid AS user_id, $2::text AS product_id, $3::numeric AS target),"
    " before AS (SELECT w.* FROM watch_list w JOIN given USING (user_id, product_id)),"
    " added AS ("
    "  INSERT INTO watch_list AS w (user_id, product_id, target_price, last_price, frequency, notifications,"
    "    price_alerts, request_id)"
    "  SELECT user_id, product_id, nullif(target, 0), (SELECT price FROM products WHERE id = product_id),"
    "    coalesce($4, 'daily'), coalesce($5::boolean, true), coalesce($6::boolean, true), $7"
    "  FROM given"
    "  WHERE EXISTS (SELECT FROM before) OR (SELECT count(*) FROM watch_list WHERE user_id = $1::uuid) < $8"
    "  ON CONFLICT (user_id, product_id) DO UPDATE SET"
    "    target_price = CASE WHEN $3::numeric IS NULL THEN w.target_price ELSE excluded.target_price END,"
    "    alerted_price = CASE WHEN $3::numeric IS NULL OR w.target_price IS NOT DISTINCT FROM excluded.target_price"
    "      THEN w.alerted_price END,"
    "    frequency = coalesce($4, w.frequency), notifications = coalesce($5::boolean, w.notifications),"
    "    price_alerts = coalesce($6::boolean, w.price_alerts), request_id = excluded.request_id, updated_at = now()"
    "  RETURNING w.*, w.xmax = 0 AS created)"
    " SELECT " DOC("a") "::text, a.created, p.price, (SELECT " ALERT_MEMBER("b") " FROM before b),"
    "   CASE WHEN " ALERT_ARMED("a") " THEN " ALERT_MEMBER("a") " END,"
    "   json_build_object('frequency', a.frequency, 'notifications', a.notifications,"
    "     'priceAlerts', a.price_alerts)::text,"
    "   coalesce(trim_scale(a.target_price)::text, ''),"
    "   json_strip_nulls(json_build_object('productName', coalesce(p.name, a.product_name),"
    "     'newPrice', trim_scale(coalesce(p.price, a.last_price))))::text"
    " FROM added a LEFT JOIN products p ON p.id = a.product_id");
enum { DOC_COLUMN, CREATED, PRICE, OLD_MEMBER, NEW_MEMBER, OPTIONS, TARGET, DATA };

static int
send_request(struct pg *pg, const char *user, const char *product, const char *request_id, const char *action,
    const char *traceparent, struct str options, const char *target)
{
	struct arena *mem = co_arena();
	struct outbox_message m = {
		.topic = "watchlist-requests", .key = product, .message_id = request_id, .type = "watch",
		.traceparent = traceparent,
	};

	m.payload = json_obj(mem, JS("requestId", request_id), JS("productId", product), JS("userId", user),
	    JS("action", action), JIF(*target != '\0', JR("targetPrice", str_of(target))),
	    JIF(options.p != NULL, JR("options", options)), JT("timestamp", now_ms()));
	return outbox_add(pg, &m);
}

static int
add_in(struct pg *pg, struct effects *effects, const struct watch_order *o, struct watch_ticket *out)
{
	struct price_change now = { .product = o->product, .user = o->user, .old_price = -1 };
	struct pg_rows r;
	int64_t notified;
	int rc;

	rc = pg_query(pg, &r, &add_row, pg_text(o->user), pg_text(o->product), watch_price_arg(o->target),
	    pg_text(o->frequency),
	    pg_text(o->notifications), pg_text(o->price_alerts), pg_text(out->request_id), pg_int(conf.watch_list_max));
	if (rc < 0)
		return rc;
	if (r.n == 0)
		return E_CONFLICT;
	out->doc = pg_value(&r, 0, DOC_COLUMN);
	out->created = *pg_string(&r, 0, CREATED) == 't';
	if (pg_string(&r, 0, OLD_MEMBER) != NULL)
		effects_command(effects, "ZREM", ALERT_QUEUE, pg_string(&r, 0, OLD_MEMBER), NULL);
	if (pg_string(&r, 0, NEW_MEMBER) != NULL)
		effects_command(effects, "ZADD", ALERT_QUEUE, arena_printf(co_arena(), "%lld", (long long)now_ms()),
		    pg_string(&r, 0, NEW_MEMBER), NULL);
	watch_effects(effects, o->user, o->product, "added", NULL, pg_value(&r, 0, DATA));
	if ((rc = send_request(pg, o->user, o->product, out->request_id, "add", o->traceparent,
	    pg_value(&r, 0, OPTIONS), pg_string(&r, 0, TARGET))) < 0 || pg_string(&r, 0, PRICE) == NULL)
		return rc;
	now.new_price = pg_number(&r, 0, PRICE);
	return watch_apply_price(pg, effects, &now, &notified);	/* the target may be reached already */
}

int
watch_add(struct arena *mem, const struct watch_order *o, struct watch_ticket *out)
{
	struct effects *effects = effects_new(mem);
	struct pg *pg;
	int rc;

	*out = (struct watch_ticket){ .request_id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES)) };
	if ((rc = pg_begin_as(&pg, o->user)) < 0)
		return rc;
	if ((rc = pg_end(&pg, add_in(pg, effects, o, out))) < 0)
		return rc;
	effects_outbox(effects);
	effects_apply(effects);
	return 0;
}

static struct pg_stmt drop_row = PG_STMT("delete", "watch_list",
    "DELETE FROM watch_list w WHERE user_id = $1::uuid AND product_id = $2 RETURNING " ALERT_MEMBER("w"));

static int
remove_in(struct pg *pg, struct effects *effects, const char *user, const char *product, const char *traceparent,
    const char *request_id)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg, &r, &drop_row, pg_text(user), pg_text(product))) < 0)
		return rc;
	if (pg_string(&r, 0, 0) != NULL)
		effects_command(effects, "ZREM", ALERT_QUEUE, pg_string(&r, 0, 0), NULL);
	watch_effects(effects, user, product, "removed", NULL, (struct str){ 0 });
	return send_request(pg, user, product, request_id, "remove", traceparent, (struct str){ 0 }, "");
}

int
watch_remove(struct arena *mem, const char *user, const char *product, const char *traceparent, const char **request_id)
{
	struct effects *effects = effects_new(mem);
	struct pg *pg;
	int rc;

	*request_id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));
	if ((rc = pg_begin_as(&pg, user)) < 0)
		return rc;
	if ((rc = pg_end(&pg, remove_in(pg, effects, user, product, traceparent, *request_id))) < 0)
		return rc;
	effects_outbox(effects);
	effects_apply(effects);
	return 0;
}

static struct pg_stmt read_page = PG_STMT("select", "watch_list",
    "WITH page AS ("
    "  SELECT * FROM watch_list"
    "  WHERE user_id = $1::uuid AND ($3::bigint IS NULL OR id < $3)"
    "  ORDER BY id DESC LIMIT $2)"
    " SELECT coalesce(json_agg(" DOC("w") " ORDER BY w.id DESC), '[]')::text, count(*), min(w.id)"
    " FROM page w LEFT JOIN products p ON p.id = w.product_id");
enum { PAGE_LIST, PAGE_COUNT, PAGE_LAST };

int
watch_page(struct arena *mem, const char *user, int64_t limit, const char *cursor, struct str *list, const char **next)
{
	struct pg_rows r;
	int64_t id;
	int rc;

	if (cursor != NULL && !parse_int(cursor, 1, INT64_MAX, &id))
		return E_VALIDATION;
	if ((rc = pg_query(pg_as(user), &r, &read_page, pg_text(user), pg_int(limit), pg_text(cursor))) < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < limit ? NULL : arena_printf(mem, "%lld",
	    (long long)pg_integer(&r, 0, PAGE_LAST));
	return 0;
}
