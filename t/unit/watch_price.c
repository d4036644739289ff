/* watch_price.c -- a price that the shop changes, as its code calls it: rows, alerts and notifications in its
 * transaction, or none of it.
 *
 * Against PostgreSQL at DATABASE_URL (skipped without), with users of its own, so that it may run beside others.
 */
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "link/pg.h"
#include "proc/scoreboard.h"
#include "run/co.h"
#include "run/loop.h"
#include "tap.h"
#include "worker/domain/catalog/watch.h"

enum { WATCHERS = 300, LIMIT_MS = 60000 };

static struct pg_stmt add_users = PG_STMT("insert", "users",
    "INSERT INTO users (email, password_hash) SELECT $1 || '-' || i || '@example.com', '!' FROM generate_series(1,"
    "  $2::int) i");
static struct pg_stmt add_product = PG_STMT("insert", "products",
    "INSERT INTO products (id, name, price) VALUES ($1, 'Tea', 1000)");
/* Odd ones have a target of 700, even ones none; every third wants no alerts, every fifth no notifications. */
static struct pg_stmt add_watches = PG_STMT("insert", "watch_list",
    "INSERT INTO watch_list (user_id, product_id, target_price, last_price, price_alerts, notifications, request_id)"
    " SELECT id, $1, CASE WHEN n % 2 = 1 THEN 700 END, 1000, n % 3 <> 0, n % 5 <> 0, 'r' FROM"
    "  (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users WHERE email LIKE $1 || '-%') u");
static struct pg_stmt count_alerted = PG_STMT("select", "watch_list",
    "SELECT count(*) FILTER (WHERE alerted_price = $2), count(*) FILTER (WHERE last_price = $2) FROM watch_list"
    "  WHERE product_id = $1");
static struct pg_stmt count_notes = PG_STMT("select", "notifications",
    "SELECT count(*), count(DISTINCT user_id) FROM notifications WHERE data->>'productId' = $1");
static struct pg_stmt tidy_up = PG_STMT("delete", "users", "DELETE FROM users WHERE email LIKE $1 || '-%'");
static struct pg_stmt drop_product = PG_STMT("delete", "products", "DELETE FROM products WHERE id = $1");

static struct pg_stmt whose_name = PG_STMT("select", "", "SELECT current_setting('dure.user', true)");

#define SELLER "00000000-0000-4000-8000-000000000000"	/* who watches nothing himself */
static char product[24];	/* also this process's title */

/* Change the price as the shop does: in one transaction, which is then committed or not. */
static int
change(int64_t from, int64_t to, bool commit)
{
	struct effects *effects = effects_new(co_arena());
	struct pg_rows r;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin_as(&pg, SELLER)) < 0 || (rc = watch_price_changed(pg, effects, product, from, to)) < 0)
		return rc;
	if (pg_query(pg, &r, &whose_name) < 0 || strcmp(pg_string(&r, 0, 0), SELLER) != 0)
		return E_FORBIDDEN;	/* it goes on in his name */
	if (!commit) {
		pg_rollback(&pg);
		return 0;
	}
	return pg_commit(&pg);
}

static void
check(int64_t price, int alerted, int notes, const char *what)
{
	struct pg_rows r;

	is_int(pg_query(pg_shared(), &r, &count_alerted, pg_text(product), pg_int(price)), 0, "%s", what);
	is_int(pg_integer(&r, 0, 0), alerted, "the expected watchers are alerted");
	is_int(pg_integer(&r, 0, 1), price == 0 ? 0 : WATCHERS, "every watcher has the new price");
	is_int(pg_query(pg_shared(), &r, &count_notes, pg_text(product)), 0, "the notifications can be counted");
	is_int(pg_integer(&r, 0, 0), notes, "the expected notifications are stored");
}

/* Of n = 1..300: how many want alerts, have (odd) or have not a target, and (noted) want notifications. */
static int
count(bool odd, bool even, bool noted)
{
	int n, k = 0;

	for (n = 1; n <= WATCHERS; n++)
		k += n % 3 != 0 && ((odd && n % 2 == 1) || (even && n % 2 == 0)) && (!noted || n % 5 != 0);
	return k;
}

static void
run_tests(void *arg)
{
	int notes;

	(void)arg;
	pg_open();
	is_int(pg_query(pg_shared(), NULL, &add_users, pg_text(product), pg_int(WATCHERS)), 0, "users are created");
	is_int(pg_query(pg_shared(), NULL, &add_product, pg_text(product)), 0, "a product is created");
	is_int(pg_query(pg_shared(), NULL, &add_watches, pg_text(product)), 0, "the users watch the product");
	is_int(change(1000, 800, false), 0, "a change is rolled back");
	check(0, 0, 0, "the alerts after a rollback can be read");
	is_int(change(1000, 800, true), 0, "the price falls to above the targets");
	notes = count(false, true, true);
	check(800, count(false, true, false), notes, "a fall above the targets alerts the watchers without a target");
	is_int(change(1000, 800, true), 0, "the same change is applied again");
	check(800, count(false, true, false), notes, "the same change again alerts nobody");
	is_int(change(800, 700, true), 0, "the price falls to the targets");
	notes += count(true, true, true);
	check(700, count(true, true, false), notes, "a fall to the targets alerts every watcher with alerts on");
	is_int(change(700, 900, true), 0, "the price rises");
	check(900, 0, notes, "a rise alerts nobody");
	is_int(change(900, 600, true), 0, "the price falls after a rise");
	check(600, count(true, true, false), notes + count(true, true, true),
	    "a fall after a rise alerts every watcher again");
	is_int(change(600, 700, true) + change(700, 650, true), 0, "the price rises and falls below the targets");
	check(650, count(false, true, false), notes + count(true, true, true) + count(false, true, true),
	    "a fall below the announced price alerts the watchers without a target only");
	is_int(pg_query(pg_shared(), NULL, &tidy_up, pg_text(product)), 0, "the users are deleted");
	is_int(pg_query(pg_shared(), NULL, &drop_product, pg_text(product)), 0, "the product is deleted");
	pg_close();
	loop_stop();
}

int
main(void)
{
	const char *url = getenv("DATABASE_URL"), *why;
	struct arena mem;

	if (url == NULL)
		skip_all("no DATABASE_URL");
	arena_init(&mem, 4096);
	if (conf_load(&conf, &mem, NULL, NULL, (char *[]){ "DB_CONNECTION_TIMEOUT=5000", NULL }, &why) < 0)
		return 1;
	conf.database_url = url;
	log_to(getenv("TEST_LOG") != NULL ? 2 : -1);
	scoreboard_create(6);
	scoreboard_self(scoreboard_take(PROC_HTTP, 1, 1));
	snprintf(product, sizeof(product), "unit-watch-%d", (int)getpid());
	snprintf(scoreboard_me()->title, SLOT_TITLE_BYTES, "%s", product);
	loop_init();
	co_spawn(run_tests, NULL, LIMIT_MS);
	loop_run();
	loop_fini();
	arena_fini(&mem);
	return done_testing();
}
