/* watch_alert.c -- checks the queue of armed price alerts periodically. See watch.h.
 *
 * A price change notifies at once (watch_price.c). This check finds alerts whose price change was lost, from the
 * current price, as often as their user asked for.
 */
#include "watch_text.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"

enum { LOOK_AT = 200, HOUR_MS = 3600 * 1000, FILL_MAX = 100000 };

/* For one member of the queue: the product's price, and the hours until the next check. No row: not armed any more. */
static struct pg_stmt find_armed = PG_STMT("select", "watch_list",
    "SELECT p.price, CASE w.frequency WHEN 'hourly' THEN 1 WHEN 'daily' THEN 24 ELSE 168 END"
    " FROM watch_list w LEFT JOIN products p ON p.id = w.product_id"
    " WHERE w.user_id = $1::uuid AND w.product_id = $2 AND " ALERT_ARMED("w") " AND " ALERT_MEMBER("w") " = $3");
enum { ARMED_PRICE, ARMED_HOURS };

static int
check_row(struct pg *pg, struct effects *effects, const char *user, const char *product, const char *member,
    int64_t *notified)
{
	struct price_change c = { .product = product, .user = user, .old_price = -1 };
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &find_armed, pg_text(user), pg_text(product), pg_text(member))) < 0)
		return rc;
	if (r.n == 0) {
		effects_command(effects, "ZREM", ALERT_QUEUE, member, NULL);
		return 0;
	}
	effects_command(effects, "ZADD", ALERT_QUEUE, "XX",
	    arena_printf(co_arena(), "%lld", (long long)(now_ms() + pg_integer(&r, 0, ARMED_HOURS) * HOUR_MS)), member,
	    NULL);
	if (pg_string(&r, 0, ARMED_PRICE) == NULL)
		return 0;
	c.new_price = pg_number(&r, 0, ARMED_PRICE);
	return watch_apply_price(pg, effects, &c, notified);
}

/* Checks one member "user:product:target", in a transaction of its own. */
static int
check_member(struct arena *mem, const char *member, int64_t *n)
{
	const char *first = strchr(member, ':'), *last = strrchr(member, ':');
	struct effects *effects = effects_new(mem);
	int64_t notified = 0;
	const char *user;
	struct pg *pg;
	int rc;

	user = first != NULL && last > first ? arena_copy(mem, member, (size_t)(first - member)) : "";
	if (!uuid_valid(user)) {
		redis_send("ZREM " ALERT_QUEUE " %s", member);
		return 0;
	}
	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = check_row(pg, effects, user, arena_copy(mem, first + 1, (size_t)(last - first - 1)), member,
	    &notified)) < 0) {
		pg_rollback(&pg);
		return rc;
	}
	if ((rc = pg_commit(&pg)) == 0) {
		effects_apply(effects);
		*n += notified;
	}
	return rc;
}

int
watch_check_alerts(struct arena *mem, int64_t *n)
{
	struct redis_reply r, held;
	size_t i;
	int rc;

	if ((rc = redis_cmd(&held, "EXISTS " ALERT_QUEUE)) < 0)
		return rc;
	/* Redis has lost the queue, or no alert is armed */
	if (held.i == 0 && (rc = watch_fill_queue(mem, n)) < 0)
		return rc;
	rc = redis_cmd(&r, "ZRANGEBYSCORE " ALERT_QUEUE " -inf %lld LIMIT 0 %d", (long long)now_ms(), LOOK_AT);
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = check_member(mem, r.v[i].s.p, n);
	return rc;
}

/* In pages, by id. */
static struct pg_stmt list_armed = PG_STMT("select", "watch_list",
    "SELECT id, " ALERT_MEMBER("w") " FROM watch_list w WHERE id > $1 AND " ALERT_ARMED("w") " ORDER BY id LIMIT 1000");
enum { LISTED_ID, LISTED_MEMBER };

int
watch_fill_queue(struct arena *mem, int64_t *n)
{
	int64_t id = 0, seen = 0;
	struct pg_rows r;
	int rc, i;

	do {
		struct redis_batch *b = redis_batch();
		struct redis_reply *added;

		if ((rc = pg_query(pg_shared(), &r, &list_armed, pg_int(id))) < 0 || r.n == 0)
			return rc;
		added = arena_alloc(mem, (size_t)r.n * sizeof(*added));
		for (i = 0; i < r.n; i++)
			redis_add(b, "ZADD " ALERT_QUEUE " NX %lld %s", (long long)now_ms(),
			    pg_string(&r, i, LISTED_MEMBER));
		if ((rc = redis_run(b, added)) < 0)
			return rc;
		for (i = 0; i < r.n; i++)
			*n += added[i].i;
		id = pg_integer(&r, r.n - 1, LISTED_ID);
		seen += r.n;
	} while (seen < FILL_MAX);
	return 0;
}
