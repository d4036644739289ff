/* shards.c -- this bridge's share of the outbox. See shards.h. */
#include "shards.h"

#include "base/log.h"
#include "base/metric.h"
#include "worker/domain/core/outbox.h"

enum {
	LOCK_CLASS	= 0x64757265,	/* "dure" */
	MEMBERS		= OUTBOX_SHARDS,	/* the key next to those of the shards */
};
_Static_assert(OUTBOX_SHARDS == 8, "metric.def names each");

static struct {
	unsigned	 held, surplus;	/* one bit per shard; the surplus is a part of `held` */
	bool		 watched, member;	/* the session has its keepalive; it is counted by the others */
	int		 bridges;
} shards;

static int
count_of(unsigned set)
{
	return __builtin_popcount(set);
}

unsigned
shards_held(void)
{
	return shards.held & ~shards.surplus;
}

unsigned
shards_surplus(void)
{
	return shards.surplus;
}

int
shards_bridges(void)
{
	return shards.bridges;
}

static void
set_held(unsigned held)
{
	int i;

	shards.held = held;
	shards.surplus &= held;
	for (i = 0; i < OUTBOX_SHARDS; i++)
		metric_set(M_OUTBOX_SHARDS, (size_t)i, held >> i & 1);
}

/* The session's keepalive: a host that lost power is detected after 20 s, which is after this bridge itself would have
 * given up a silent server (tcp_user_timeout of the link, 10 s). No effect on a Unix socket. */
static struct pg_stmt set_keepalive = PG_STMT("select", "catalogs",
    "SELECT set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '5', false),"
    "   set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false)");

void
shards_close(void)
{
	set_held(0);
	shards.watched = shards.member = false;
	shards.bridges = 0;
}

static struct pg_stmt join_members = PG_STMT("select", "locks", "SELECT pg_advisory_lock_shared($1::int, $2::int)");
static struct pg_stmt leave_members = PG_STMT("select", "locks",
    "SELECT pg_advisory_unlock_shared($1::int, $2::int)");
/* The number of bridges, and how many of them precede this session. */
static struct pg_stmt count_bridges = PG_STMT("select", "locks",
    "SELECT count(*), count(*) FILTER (WHERE pid < pg_backend_pid())"
    " FROM pg_locks"
    " WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid::bigint = $1 AND objid::bigint = $2"
    "   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
enum { BRIDGES, BEFORE };

/* This bridge's share, in shards. */
static int
find_share(struct pg *pg, bool up, bool all, int *share)
{
	struct pg_rows r;
	int rc, n, before;

	if (!shards.watched && (rc = pg_query(pg, NULL, &set_keepalive)) < 0)
		return rc;
	shards.watched = true;
	if (up != shards.member) {
		if ((rc = pg_query(pg, NULL, up ? &join_members : &leave_members, pg_int(LOCK_CLASS),
		    pg_int(MEMBERS))) < 0)
			return rc;
		shards.member = up;
	}
	if ((rc = pg_query(pg, &r, &count_bridges, pg_int(LOCK_CLASS), pg_int(MEMBERS))) < 0)
		return rc;
	n = (int)pg_integer(&r, 0, BRIDGES);
	before = (int)pg_integer(&r, 0, BEFORE);
	shards.bridges = n;
	if (n == 0 || (up && all))
		*share = OUTBOX_SHARDS;
	else
		*share = up ? OUTBOX_SHARDS / n + (before < OUTBOX_SHARDS % n) : 0;
	return 0;
}

/* Only shards that are not held are claimed: a lock taken twice would have to be released twice. */
static struct pg_stmt claim_shards = PG_STMT("select", "locks",
    "SELECT s FROM generate_series(0, $2::int - 1) s"
    " WHERE CASE WHEN $3::int & (1 << s) = 0 THEN pg_try_advisory_lock($1::int, s) ELSE false END"
    " LIMIT $4");

static int
claim_free(struct pg *pg, int want)
{
	unsigned taken = 0;
	struct pg_rows r;
	int rc, i;

	rc = pg_query(pg, &r, &claim_shards, pg_int(LOCK_CLASS), pg_int(OUTBOX_SHARDS), pg_int((int64_t)shards.held),
	    pg_int(want));
	if (rc < 0 || r.n == 0)
		return rc;
	for (i = 0; i < r.n; i++)
		taken |= 1u << pg_integer(&r, i, 0);
	set_held(shards.held | taken);	/* some may have been given back meanwhile */
	log_info("outbox shards claimed", JI("count", r.n), JI("held", count_of(shards.held)),
	    JI("bridges", shards.bridges));
	return 0;
}

/* The last `n` of a set. */
static unsigned
last_of(unsigned set, int n)
{
	unsigned out = 0;
	int i;

	for (i = OUTBOX_SHARDS - 1; i >= 0 && n > 0; i--)
		if (set >> i & 1) {
			out |= 1u << i;
			n--;
		}
	return out;
}

int
shards_share(struct pg *pg, bool up, bool all)
{
	int rc, share, n;

	if ((rc = find_share(pg, up, all, &share)) < 0)
		return rc;
	n = count_of(shards.held);
	shards.surplus = last_of(shards.held, n - share);
	return n < share ? claim_free(pg, share - n) : 0;
}

static struct pg_stmt unlock_shards = PG_STMT("select", "locks",
    "SELECT pg_advisory_unlock($1::int, s) FROM generate_series(0, $2::int - 1) s WHERE $3::int & (1 << s) <> 0");

int
shards_give_back(struct pg *pg, unsigned mask)
{
	unsigned back = shards.surplus & mask;
	int rc;

	if (back == 0)
		return 0;
	set_held(shards.held & ~back);	/* first: once unlocked they may be claimed again */
	if ((rc = pg_query(pg, NULL, &unlock_shards, pg_int(LOCK_CLASS), pg_int(OUTBOX_SHARDS),
	    pg_int((int64_t)back))) < 0)
		return rc;
	log_info("outbox shards given back", JI("count", count_of(back)), JI("held", count_of(shards.held)),
	    JI("bridges", shards.bridges));
	return 0;
}
