/* watch_alert.c -- the queue of armed price alerts, looked at by the clock. See watch.h.
 *
 * A change of price alerts at once (watch_price.c). This finds the alert whose change was never told, by what the
 * product costs now, as often as its user asked for.
 */
#include "watch_text.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"

enum { LOOK_AT = 200, HOUR_MS = 3600 * 1000, FILL_MAX = 100000 };

/* The price of the product, and when to look again (ms), for one member of the queue; no row: it is not armed any more.
 */
static struct pg_stmt find_armed = PG_STMT("select", "watch_list",
    "SELECT p.price, CASE w.frequency WHEN 'hourly' THEN 1 WHEN 'daily' THEN 24 ELSE 168 END FROM watch_list w "
    "LEFT JOIN products p ON p.id = w.product_id WHERE w.user_id = $1::uuid AND w.product_id = $2 AND " ALERT_ARMED("w")
    " AND " ALERT_MEMBER("w") " = $3");

static int
look_in(struct pg *pg, struct effects *effects, const char *user, const char *product, const char *member,
    int64_t *told)
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
	    arena_printf(co_arena(), "%lld", (long long)(now_ms() + pg_integer(&r, 0, 1) * HOUR_MS)), member, NULL);
	if (pg_string(&r, 0, 0) == NULL)
		return 0;
	c.new_price = pg_number(&r, 0, 0);
	return watch_apply_price(pg, effects, &c, told);
}

/* One member "user:product:target", in a transaction of its own. */
static int
look_at(struct arena *mem, const char *member, int64_t *n)
{
	const char *first = strchr(member, ':'), *last = strrchr(member, ':');
	struct effects *effects = effects_new(mem);
	int64_t told = 0;
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
	if ((rc = look_in(pg, effects, user, arena_copy(mem, first + 1, (size_t)(last - first - 1)), member,
	    &told)) < 0) {
		pg_rollback(&pg);
		return rc;
	}
	if ((rc = pg_commit(&pg)) == 0) {
		effects_apply(effects);
		*n += told;
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
	if (held.i == 0 && (rc = watch_fill_queue(mem, n)) < 0)		/* Redis has lost it, or nobody waits */
		return rc;
	rc = redis_cmd(&r, "ZRANGEBYSCORE " ALERT_QUEUE " -inf %lld LIMIT 0 %d", (long long)now_ms(), LOOK_AT);
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = look_at(mem, r.v[i].s.p, n);
	return rc;
}

/* In pages, by id. */
static struct pg_stmt list_armed = PG_STMT("select", "watch_list",
    "SELECT id, " ALERT_MEMBER("w") " FROM watch_list w WHERE id > $1 AND " ALERT_ARMED("w") " ORDER BY id LIMIT 1000");

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
			redis_add(b, "ZADD " ALERT_QUEUE " NX %lld %s", (long long)now_ms(), pg_string(&r, i, 1));
		if ((rc = redis_run(b, added)) < 0)
			return rc;
		for (i = 0; i < r.n; i++)
			*n += added[i].i;
		id = pg_integer(&r, r.n - 1, 0);
		seen += r.n;
	} while (seen < FILL_MAX);
	return 0;
}
