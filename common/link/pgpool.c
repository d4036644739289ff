/* pgpool.c -- the connections of this process, and its share of the host's budget. See pgpool.h.
 *
 * Coroutines wait in line for one (pgline.c). Yields: pgpool_shared pgpool_take pgpool_take_session.
 * The struct of a lost connection stays while a coroutine holds it (ROLE_ALONE, reserved); the before-sleep hook
 * frees the others.
 */
#include "pgpool.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "pgline.h"
#include "pgset.h"
#include "pgshare.h"
#include "proc/scoreboard.h"
#include "run/co.h"

enum {
	SHARED_MAX	= 3,
	GROW_DEPTH	= 16,		/* statements under way on each shared connection before another is opened */
	DRAIN_MS	= 1000,		/* an abandoned statement may run this long before its connection is closed */
	DEAD_MS		= 35000,	/* the server would have cancelled the statement by then */
	SILENT_MS	= 15000,	/* see pg_silent */
	TICK_MS		= 100,
	CALM_TICK_MS	= 500,		/* interval of housekeeping without demand */
	RETRY_MS	= 50,		/* interval of attempts to borrow while a coroutine waits */
	UP_CELL		= 0,		/* of M_BACKEND_UP */
};

static struct loop_timer tick, retry;	/* housekeeping; repeated attempts to borrow */
static int tick_ms;			/* the current interval of housekeeping */
static bool is_open, up;
static int64_t answered_ms;		/* when the server last answered anything */
static struct arena memory;		/* of the address */
static struct pgconn_server server;

static void assign_connections(void);

static void
set_up(bool now)
{
	struct slot *me = scoreboard_me();

	if (up != now && pgset_failures() > 0)
		log_info(now ? "postgres connected" : "postgres is down");
	up = now;
	metric_set(M_BACKEND_UP, UP_CELL, up);
	if (me != NULL)
		me->links_up = up ? me->links_up | LINK_PG : me->links_up & ~LINK_PG;
}

static void
tell_wish(void)
{
	pgshare_tell(pgline_first() != NULL || (is_open && !up && pgset_count(pgset_live) == 0));
}

static void
set_tick(int every_ms)
{
	if (tick_ms == every_ms && loop_timer_active(&tick))
		return;
	tick_ms = every_ms;
	loop_timer_start(&tick, every_ms, every_ms);
}

/* No coroutine asks or waits here, and no other process can use our connections. */
static bool
is_calm(void)
{
	const struct pgconn *c;

	for (c = pgset; c != NULL; c = c->next)
		if (c->state != PGCONN_UP || c->depth > 0)
			return false;
	return up && pgline_first() == NULL && !pgset_budget_full();
}

/* Serves waiting coroutines; opens missing connections; with the budget used up, gives a shared connection to a
 * coroutine that needs its own. */
static void
assign_connections(void)
{
	struct pgconn *c;
	int wanted;

	pgline_serve();
	for (wanted = pgline_wanted(); wanted > 0 && pgset_open(ROLE_IDLE); wanted--)
		;
	if (pgline_first() != NULL && pgline_first()->alone && pgset_count(pgset_coming) == 0 &&
	    (c = pgset_find_shared()) != NULL) {
		pgset_role(c, pgset_busy(c) ? ROLE_DRAINING : ROLE_IDLE);
		pgline_serve();
	}
	tell_wish();
	if (pgline_first() != NULL && !loop_timer_active(&retry))
		loop_timer_start(&retry, RETRY_MS / 2 + pgset_random_ms(RETRY_MS), 0);
	if (is_open && (pgline_first() != NULL || !loop_timer_active(&tick)))
		set_tick(TICK_MS);
}

/* A drained connection is idle again or is closed. */
static void
settle_connection(struct pgconn *c)
{
	if (c->state != PGCONN_UP || pgset_busy(c))
		return;
	if (c->leaving || c->worn || c->tx != PGCONN_NO_TX) {
		pgset_drop(c);
		return;
	}
	c->since_ms = loop_now_ms();
	if (c->role == ROLE_DRAINING)
		c->role = ROLE_IDLE;
	c->abandoned = false;
}

static void
on_connection_up(struct pgconn *c)
{
	c->since_ms = answered_ms = loop_now_ms();
	set_up(true);
	pgset_reached();
	assign_connections();
}

static void
on_drained(struct pgconn *c)
{
	answered_ms = loop_now_ms();
	settle_connection(c);
	if (pgline_first() != NULL)
		assign_connections();
}

static void
on_connection_lost(struct pgconn *c)
{
	pgset_return(c);
	if (!c->was_up)
		pgset_back_off();
	if (pgset_count(pgset_up) == 0) {
		set_up(false);
		if (!c->was_up)
			pgline_fail(E_DOWN);
	}
	assign_connections();
}

static void
tell_metrics(void)
{
	struct slot *me = scoreboard_me();
	int busy = pgset_count(pgset_live_busy);

	metric_set(M_DB_POOL_USED, 0, pgset_count(pgset_live));
	metric_set(M_DB_POOL_USED, 1, busy);
	if (me != NULL)
		me->db_busy = busy;
}

static void
look_after(struct pgconn *c)
{
	int64_t since_ms = loop_now_ms() - c->since_ms;

	if (c->state != PGCONN_UP)
		return;
	if (pgconn_stuck_ms(c) >= DEAD_MS)
		pgconn_fail(c, "no answer");
	else if (c->role == ROLE_DRAINING && c->abandoned && since_ms >= DRAIN_MS)
		pgset_drop(c);
	else if (!pgset_busy(c) && (c->worn || since_ms >= conf.db_idle_timeout_ms))
		pgset_drop(c);
}

static void
on_pool_tick(struct loop_timer *t)
{
	struct pgconn *c;

	(void)t;
	for (c = pgset; c != NULL; c = c->next)
		look_after(c);
	pgshare_yield(pgline_first() != NULL);
	if (!up && pgset_count(pgset_live) == 0)
		pgset_open(ROLE_IDLE);	/* checks whether the server is back */
	assign_connections();
	tell_metrics();
	if (up && pgset == NULL && pgline_first() == NULL)
		loop_timer_stop(&tick);
	else
		set_tick(is_calm() ? CALM_TICK_MS : TICK_MS);
}

static void
on_retry(struct loop_timer *t)
{
	(void)t;
	assign_connections();
}

static void
on_before_sleep(void *arg)
{
	struct pgconn *c;

	(void)arg;
	for (c = pgset; c != NULL; c = c->next)
		if (c->depth > 0)
			pgconn_flush(c);
	pgset_free_lost();
}

void
pgpool_open(void)
{
	static const struct pgconn_hooks hooks = { on_connection_up, on_drained, on_connection_lost };

	arena_init(&memory, 512);
	pgconn_server_init(&server, &memory, "primary", conf_database(&conf, &memory), &hooks);
	loop_timer_init(&tick, on_pool_tick, NULL);
	loop_timer_init(&retry, on_retry, NULL);
	loop_before_sleep(on_before_sleep, NULL);
	is_open = true;
	up = false;
	pgset_start(&server);
	pgset_open(ROLE_IDLE);
	assign_connections();
}

void
pgpool_close(void)
{
	struct pgconn *c;

	is_open = false;
	loop_timer_stop(&tick);
	loop_timer_stop(&retry);
	for (c = pgset; c != NULL; c = c->next)
		pgset_drop(c);
	pgline_fail(E_DOWN);
	pgset_free_lost();
	set_up(false);
	tell_wish();
	tell_metrics();
	arena_fini(&memory);
}

bool
pgpool_up(void)
{
	return up;
}

bool
pgpool_silent(void)
{
	return loop_now_ms() - answered_ms >= SILENT_MS;
}

/* --- for the coroutines --- */

/* Waits in line. Yields unless a connection is free. */
static int
wait_turn(bool alone, struct pgconn **out)
{
	struct pgwaiter w = { .co = co_self(), .alone = alone };
	int64_t until_ms = loop_now_ms() + conf.db_connection_timeout_ms, left;
	int rc = 0;

	if (!is_open || (pgset_backing_off() && pgset_count(pgset_live) == 0))
		return E_DOWN;
	pgline_join(&w);
	assign_connections();
	while (!w.done && rc == 0) {
		left = until_ms - loop_now_ms();
		rc = co_park(left > 0 ? left : 0);
	}
	*out = w.conn;
	if (w.done)
		return w.rc;
	pgline_leave(&w);
	assign_connections();
	if (rc != E_TIMEOUT || co_time_left() <= 0)
		return rc;
	metric_add(M_DB_POOL_TIMEOUTS, 0, 1);
	return E_BUSY;
}

/* Opens another shared connection when the present ones are busy. */
static struct pgconn *
spread_load(struct pgconn *c)
{
	struct pgconn *idle;

	if ((c->depth < GROW_DEPTH && pgconn_stuck_ms(c) < PGSET_STUCK_MS) ||
	    pgset_count(pgset_live_shared) >= SHARED_MAX)
		return c;
	if ((idle = pgset_find_idle()) == NULL) {
		pgset_open(ROLE_SHARED);
		return c;
	}
	pgset_role(idle, ROLE_SHARED);
	return idle;
}

/* A coroutine that holds a connection and waits for another may deadlock, alone or with others that do the same and
 * hold the whole budget. It is refused even when a connection is free, so that the fault shows on a quiet day. */
static int
refuse_second(void)
{
	const struct pgconn *c;

	for (c = pgset; c != NULL; c = c->next) {
		if (c->holder == co_self() && !c->session) {
			log_error("a second connection asked for within a transaction");
			return E_INTERNAL;
		}
	}
	return 0;
}

int
pgpool_shared(struct pgconn **out)
{
	int rc = refuse_second();

	if (rc < 0)
		return rc;
	if ((*out = pgset_find_shared()) != NULL) {
		*out = spread_load(*out);
		return (*out)->depth < PGSET_DEPTH_MAX ? 0 : E_BUSY;
	}
	if ((rc = wait_turn(false, out)) < 0)
		return rc;
	(*out)->reserved--;
	return (*out)->state == PGCONN_UP ? 0 : E_DOWN;
}

int
pgpool_take(struct pgconn **out)
{
	int rc = refuse_second();

	if (rc < 0 || (rc = wait_turn(true, out)) < 0)
		return rc;
	(*out)->holder = co_self();
	if ((*out)->state == PGCONN_UP)
		return 0;
	pgpool_give(out, true);
	return E_DOWN;
}

/* Whether the budget has a connection for others, counting an idle one of ours. */
static bool
leave_one(void)
{
	struct pgconn *c;

	if (!pgset_budget_full())
		return true;
	for (c = pgset; c != NULL; c = c->next) {
		if (c->state == PGCONN_UP && !pgset_busy(c)) {
			pgset_drop(c);
			return true;
		}
	}
	return false;
}

int
pgpool_take_session(struct pgconn **out)
{
	int64_t until_ms = loop_now_ms() + conf.db_connection_timeout_ms;
	int rc;

	while ((rc = pgpool_take(out)) == 0) {
		if (leave_one()) {
			(*out)->session = true;
			return 0;
		}
		pgpool_give(out, true);
		if (loop_now_ms() >= until_ms)
			return E_BUSY;
		if ((rc = co_sleep(RETRY_MS / 2 + pgset_random_ms(2 * RETRY_MS))) < 0)
			return rc;
	}
	return rc;
}

void
pgpool_give(struct pgconn **cp, bool close_it)
{
	struct pgconn *c = *cp;

	*cp = NULL;
	if (c->state == PGCONN_UP && close_it)
		pgset_drop(c);
	c->abandoned = true;
	c->session = false;
	c->holder = NULL;
	pgset_role(c, ROLE_DRAINING);	/* a lost connection may be freed now */
	settle_connection(c);
	if (!is_open) {
		pgset_free_lost();
		return;
	}
	pgshare_yield(pgline_first() != NULL);
	assign_connections();
}
