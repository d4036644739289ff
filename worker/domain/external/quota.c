/* quota.c -- see quota.h. Yields: all. */
#include "quota.h"

#include "base/err.h"
#include "base/metric.h"
#include "link/pg.h"
#include "run/co.h"

static struct pg_stmt reserve_units = PG_STMT("insert", "external_quotas",
    "INSERT INTO external_quotas AS q (bucket, day, used) SELECT $1, $2::date, $3::bigint WHERE $3::bigint <= "
    "$4::bigint"
    " ON CONFLICT (bucket, day) DO UPDATE SET used = q.used + $3::bigint WHERE q.used + $3::bigint <= $4::bigint"
    " RETURNING used");
static struct pg_stmt settle_units = PG_STMT("update", "external_quotas",
    "UPDATE external_quotas SET used = greatest(0, used + $3::bigint) WHERE bucket = $1 AND day = $2::date RETURNING "
    "used");
static struct pg_stmt exhaust_units = PG_STMT("insert", "external_quotas",
    "INSERT INTO external_quotas AS q (bucket, day, used) VALUES ($1, $2::date, $3::bigint)"
    " ON CONFLICT (bucket, day) DO UPDATE SET used = greatest(q.used, excluded.used) RETURNING used");
static struct pg_stmt read_units = PG_STMT("select", "external_quotas",
    "SELECT coalesce(sum(used), 0) FROM external_quotas WHERE bucket = $1 AND day = $2::date");
static struct pg_stmt drop_old = PG_STMT("delete", "external_quotas",
    "DELETE FROM external_quotas WHERE day < now() - interval '60 days'");

static const char *
bucket_key(enum external_bucket bucket)
{
	const struct external_bucket_row *row = &external_buckets[bucket];

	return arena_printf(co_arena(), "%s.%s", external_api_name(row->api), row->name);
}

static const char *
today(enum external_bucket bucket)
{
	return quota_day(arena_alloc(co_arena(), QUOTA_DAY_BYTES), now_ms() / 1000, external_buckets[bucket].zone);
}

static void
show_used(enum external_bucket bucket, int64_t used)
{
	metric_set(M_EXTERNAL_QUOTA_USED, bucket, used);
	metric_set(M_EXTERNAL_QUOTA_LIMIT, bucket, external_buckets[bucket].limit());
}

int
quota_reserve(enum external_bucket bucket, int64_t units)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &reserve_units, pg_text(bucket_key(bucket)), pg_text(today(bucket)),
	    pg_int(units), pg_int(external_buckets[bucket].limit()));

	if (rc < 0)
		return rc;
	if (r.n == 0)
		return E_RATE;
	show_used(bucket, pg_integer(&r, 0, 0));
	return 0;
}

int
quota_settle(enum external_bucket bucket, int64_t units)
{
	struct pg_rows r;
	int rc;

	if (units == 0)
		return 0;
	rc = pg_query(
	    pg_shared(), &r, &settle_units, pg_text(bucket_key(bucket)), pg_text(today(bucket)), pg_int(units));
	if (rc == 0 && r.n > 0)
		show_used(bucket, pg_integer(&r, 0, 0));
	return rc;
}

int
quota_exhaust(enum external_bucket bucket)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &exhaust_units, pg_text(bucket_key(bucket)), pg_text(today(bucket)),
	    pg_int(external_buckets[bucket].limit()));

	if (rc == 0)
		show_used(bucket, pg_integer(&r, 0, 0));
	return rc;
}

int
quota_report(void)
{
	struct pg_rows r;
	int i, rc = 0;

	for (i = 0; i < EXTERNAL_BUCKETS && rc == 0; i++)
		if (external_on(&conf, external_buckets[i].api) &&
		    (rc = pg_query(pg_shared(), &r, &read_units, pg_text(bucket_key(i)), pg_text(today(i)))) == 0)
			show_used(i, pg_integer(&r, 0, 0));
	return rc < 0 ? rc : pg_query(pg_shared(), NULL, &drop_old);
}
