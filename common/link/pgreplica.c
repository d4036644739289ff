/* pgreplica.c -- the read replica. See pgreplica.h and pg_reads in pg.h.
 *
 * Lag: every LOOK_MS the primary is asked for the end of its log and the replica for its replay position. The replica
 * has everything up to the time at which the primary was asked for the newest end that has been replayed. So an idle
 * primary causes no lag, and a replica that is cut off from it is detected. While the primary is away, a replica that
 * has replayed the last known end is used. Yields: query_replica. See: t/62-sql-replica.t
 */
#include "pgreplica.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "pgconn.h"
#include "proc/scoreboard.h"
#include "run/co.h"

enum {
	CONNS		= 2,
	LOOK_MS		= 250,
	LOOK_LIMIT_MS	= 5000,
	OLD_MS		= 2000,		/* an older measurement is not used */
	ENDS		= 256,		/* remembered ends of the primary's log: a minute */
	STUCK_MS	= 50,
	FROM_REPLICA	= 0, FROM_PRIMARY = 1,	/* cells of M_DB_REPLICA_READS */
};

static struct {
	struct arena		 memory;	/* of the address */
	struct pgconn_server	 server;
	struct pgconn		*conns[CONNS];
	struct loop_timer	 timer;
	struct co		*looker;
	struct { int64_t at_ms, lsn; } ends[ENDS];	/* a ring; the newest is n_ends - 1 */
	uint64_t		 n_ends;
	int64_t			 lag_ms, found_ms;	/* -1: unknown; when it was measured */
	bool			 open;
} replica;

static void
on_replica_up(struct pgconn *c)
{
	log_info("postgres replica connected");
	(void)c;
}

static void
on_change(struct pgconn *c)
{
	(void)c;
}

/* Opens missing connections; frees lost or worn ones that have nothing under way. */
static void
mend_conns(void)
{
	struct pgconn *c;
	int i;

	for (i = 0; i < CONNS; i++) {
		c = replica.conns[i];
		if (c != NULL && (c->state == PGCONN_LOST || (c->worn && c->depth == 0)))
			pgconn_free(&replica.conns[i]);
		if (replica.conns[i] == NULL)
			replica.conns[i] = pgconn_open(&replica.server);
	}
}

/* The least busy connection. */
static struct pgconn *
find_conn(void)
{
	struct pgconn *best = NULL;
	int i, load, least = 0;

	for (i = 0; i < CONNS; i++) {
		struct pgconn *c = replica.conns[i];

		if (c == NULL || c->state != PGCONN_UP || c->worn)
			continue;
		load = c->depth + (pgconn_stuck_ms(c) >= STUCK_MS ? 1000 : 0);
		if (best == NULL || load < least) {
			best = c;
			least = load;
		}
	}
	return best;
}

/* --- How far it is behind --- */

static struct pg_stmt log_end = PG_STMT("select", "catalogs", "SELECT (pg_current_wal_lsn() - '0/0')::bigint");
static struct pg_stmt replayed = PG_STMT("select", "catalogs",
    "SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()"
    "   ELSE pg_current_wal_lsn() END - '0/0')::bigint");

/* The lag of a replica with this replay position. */
static int64_t
lag_at(int64_t lsn, bool primary_up)
{
	uint64_t oldest = replica.n_ends > ENDS ? replica.n_ends - ENDS : 0, i;

	if (replica.n_ends == 0)
		return -1;
	for (i = replica.n_ends; i > oldest && replica.ends[(i - 1) % ENDS].lsn > lsn; i--)
		;
	if (i == replica.n_ends && !primary_up)
		return 0;
	return loop_now_ms() - replica.ends[(i > oldest ? i - 1 : oldest) % ENDS].at_ms;
}

static void
tell_lag(int64_t lag_ms)
{
	replica.lag_ms = lag_ms;
	replica.found_ms = loop_now_ms();
	metric_set(M_DB_REPLICA_UP, 0, lag_ms >= 0);
	if (lag_ms >= 0)
		metric_set(M_DB_REPLICA_LAG, 0, lag_ms);
}

static void
measure_lag(void *arg)
{
	int64_t asked_ms = loop_now_ms();
	bool primary_up, answered, undone;
	struct pg_rows r;
	struct pgconn *c;
	int rc = E_DOWN;

	(void)arg;
	replica.looker = co_self();
	primary_up = pg_query(pg_shared(), &r, &log_end) == 0 && r.n == 1;
	if (primary_up) {
		replica.ends[replica.n_ends % ENDS].at_ms = asked_ms;
		replica.ends[replica.n_ends++ % ENDS].lsn = pg_integer(&r, 0, 0);
	}
	if (replica.open && (c = find_conn()) != NULL)
		rc = pgconn_query(c, false, NULL, &replayed, NULL, 0, &r, &answered, &undone);
	tell_lag(rc == 0 && r.n == 1 ? lag_at(pg_integer(&r, 0, 0), primary_up) : -1);
	replica.looker = NULL;
}

static void
on_look_time(struct loop_timer *t)
{
	(void)t;
	mend_conns();
	if (replica.looker == NULL)
		co_spawn(measure_lag, NULL, LOOK_LIMIT_MS);
}

/* --- Reading --- */

static bool
is_used(void)
{
	return replica.open && replica.lag_ms >= 0 && replica.lag_ms <= conf.database_replica_max_lag_ms &&
	    loop_now_ms() - replica.found_ms <= OLD_MS;
}

/* A replica in use had at most this lag at any moment since it was last measured. */
static bool
has_seen(const char *subject)
{
	int64_t wrote_ms = scoreboard_wrote_ms(hash_bytes(subject, strlen(subject)));

	return wrote_ms == 0 || mono_ms() - wrote_ms > conf.database_replica_max_lag_ms + OLD_MS;
}

static bool
is_fit(const char *subject)
{
	bool fit;

	if (!replica.open)
		return false;
	fit = is_used() && (subject == NULL || has_seen(subject));
	if (!fit)
		metric_add(M_DB_REPLICA_READS, FROM_PRIMARY, 1);
	return fit;
}

/* The statement gets a part of the coroutine's time, so that some is left for the primary. True when its answer is
 * used. */
static bool
ask_replica(struct pgconn *c, struct pg_rows *out, struct pg_stmt *stmt, const struct pg_arg *args, size_t n, int *rc)
{
	int64_t before = co_narrow(conf.database_replica_timeout_ms);
	bool answered, undone;

	*rc = pgconn_query(c, false, NULL, stmt, args, n, out, &answered, &undone);
	co_widen(before);
	if (!answered && *rc == E_TIMEOUT && co_time_left() > 0) {
		tell_lag(-1);		/* no other statement waits for it until it is measured again */
		return false;
	}
	/* E_BUSY: the replica cancelled our statement in favour of its replay */
	return !answered || (*rc != E_DOWN && *rc != E_BUSY && *rc != E_TIMEOUT);
}

static bool
query_replica(struct pg_rows *out, struct pg_stmt *stmt, const struct pg_arg *args, size_t n, int *rc)
{
	struct pgconn *c = find_conn();
	bool good = c != NULL && ask_replica(c, out, stmt, args, n, rc);

	metric_add(M_DB_REPLICA_READS, good ? FROM_REPLICA : FROM_PRIMARY, 1);
	return good;
}

/* --- Opening and closing --- */

static void
flush_replica(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < CONNS; i++)
		if (replica.conns[i] != NULL && replica.conns[i]->depth > 0)
			pgconn_flush(replica.conns[i]);
}

static void
close_replica(void)
{
	int i;

	if (!replica.open)
		return;
	replica.open = false;
	loop_timer_stop(&replica.timer);
	for (i = 0; i < CONNS; i++)
		if (replica.conns[i] != NULL)
			pgconn_free(&replica.conns[i]);
	arena_fini(&replica.memory);
}

void
pg_replica_open(void)
{
	static const struct pgconn_hooks hooks = { on_replica_up, on_change, on_change };
	static const struct pgreplica asked = { .fit = is_fit, .query = query_replica, .close = close_replica };

	if (*conf.database_replica_url == '\0')
		return;
	arena_init(&replica.memory, 512);
	pgconn_server_init(&replica.server, &replica.memory, "replica", conf.database_replica_url, &hooks);
	pg_set_replica(&asked);
	replica.open = true;
	replica.lag_ms = -1;
	loop_before_sleep(flush_replica, NULL);
	loop_timer_init(&replica.timer, on_look_time, NULL);
	loop_timer_start(&replica.timer, 0, LOOK_MS);
}

/* --- What others can read --- */

void
pg_wrote(const char *subject)
{
	if (*conf.database_replica_url != '\0')
		scoreboard_wrote(hash_bytes(subject, strlen(subject)));
}

bool
pg_replica_state(int64_t *lag_ms, bool *used)
{
	*lag_ms = replica.open && loop_now_ms() - replica.found_ms <= OLD_MS ? replica.lag_ms : -1;
	*used = is_used();
	return replica.open;
}
