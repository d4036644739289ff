/* kpi.c -- counts and reads the KPIs. See kpi.h; the rows are in kpi_rows.def. Yields: all. */
#include "kpi.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/metric.h"
#include "link/pg.h"
#include "run/co.h"

enum aim { AT_LEAST, ABOVE, BELOW };

static const struct kpi {
	const char	*name, *unit, *target;
	enum aim	 aim;
	double		 number;
} kpis[] = {
#define X(name, unit, target, aim, number) { name, unit, target, aim, number },
#include "kpi_rows.def"
#undef X
};

/* --- Counting --- */

/* The day's figures as the JSON array that store_day takes apart. */
struct day {
	struct buf	 json;
	const char	*date;
};

static void
put_figure(struct day *d, const char *name, double value, const char *unknown)
{
	struct json_field f[] = { JS("name", name), unknown == NULL ? JD("value", value) : JS("value", NULL),
	    JS("reason", unknown) };

	buf_byte(&d->json, d->json.n == 0 ? '[' : ',');
	json_put_obj(&d->json, f, NELEM(f));
}

/* In percent; `unknown` is why there is none where the whole is nothing. */
static void
put_share(struct day *d, const char *name, int64_t part, int64_t whole, const char *unknown)
{
	put_figure(d, name, whole > 0 ? 100.0 * (double)part / (double)whole : 0, whole > 0 ? NULL : unknown);
}

static struct pg_stmt count_users = PG_STMT("select", "user_activity",
    "WITH d AS (SELECT $1::date AS day, $1::date::timestamp AT TIME ZONE 'UTC' AS since,"
    "   ($1::date + 1)::timestamp AT TIME ZONE 'UTC' AS until),"
    " today AS (SELECT user_id, sessions, seconds FROM user_activity WHERE day = $1::date),"
    " month AS (SELECT DISTINCT user_id FROM user_activity WHERE day > $1::date - 30 AND day <= $1::date),"
    " before AS (SELECT DISTINCT user_id FROM user_activity WHERE day > $1::date - 60 AND day <= $1::date - 30),"
    " made AS (SELECT id, $1::date - (created_at AT TIME ZONE 'UTC')::date AS age FROM users, d"
    "   WHERE created_at >= since - interval '30 days' AND created_at < until - interval '7 days')"
    " SELECT (SELECT count(*) FROM today), (SELECT sum(sessions) FROM today), (SELECT sum(seconds) FROM today),"
    "   (SELECT count(*) FROM month), (SELECT count(*) FROM before),"
    "   (SELECT count(*) FROM before LEFT JOIN month USING (user_id) WHERE month.user_id IS NULL),"
    "   (SELECT count(*) FROM made WHERE age = 7),"
    "   (SELECT count(*) FROM made JOIN today ON user_id = id WHERE age = 7),"
    "   (SELECT count(*) FROM made WHERE age = 30),"
    "   (SELECT count(*) FROM made JOIN today ON user_id = id WHERE age = 30),"
    "   (SELECT count(DISTINCT o.user_id) FROM orders o JOIN month m ON m.user_id = o.user_id, d"
    "     WHERE o.created_at > since - interval '60 days' AND o.paid_at >= since - interval '29 days'"
    "       AND o.paid_at < until),"
    "   (SELECT count(*) FROM users WHERE is_active AND role <> 'admin' AND tier IN ('premium', 'pro')),"
    "   (SELECT count(*) FROM users WHERE is_active AND role <> 'admin')");
enum { DAU, SESSIONS, SECONDS, MAU, BEFORE, LEFT, MADE_7, BACK_7, MADE_30, BACK_30, BUYERS, PAYING, ACCOUNTS };

static struct pg_stmt count_videos = PG_STMT("select", "other", "SELECT views, shown, clicked FROM kpi_videos($1)");
enum { VIEWS, SHOWN, CLICKED };

static int
put_videos(struct day *d, int64_t sessions)
{
	static const char none[] = "videos are not curated here";
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &count_videos, pg_text(d->date))) < 0)
		return rc;
	put_figure(d, "videosPerSession", sessions > 0 ? (double)pg_integer(&r, 0, VIEWS) / (double)sessions : 0,
	    pg_string(&r, 0, VIEWS) == NULL ? none : sessions > 0 ? NULL : "nobody was there on the day");
	put_share(d, "ctr", pg_integer(&r, 0, CLICKED), pg_integer(&r, 0, SHOWN), pg_string(&r, 0, SHOWN) == NULL
	    ? none : "nothing was recommended on the day");
	return 0;
}

static int
put_users(struct day *d)
{
	struct pg_rows r;
	int64_t sessions;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &count_users, pg_text(d->date))) < 0)
		return rc;
	sessions = pg_integer(&r, 0, SESSIONS);
	put_figure(d, "dau", (double)pg_integer(&r, 0, DAU), NULL);
	put_figure(d, "mau", (double)pg_integer(&r, 0, MAU), NULL);
	put_share(d, "retentionD7", pg_integer(&r, 0, BACK_7), pg_integer(&r, 0, MADE_7),
	    "no account was made 7 days before");
	put_share(d, "retentionD30", pg_integer(&r, 0, BACK_30), pg_integer(&r, 0, MADE_30),
	    "no account was made 30 days before");
	put_figure(d, "sessionMinutes", sessions > 0 ? (double)pg_integer(&r, 0, SECONDS) / 60 / (double)sessions : 0,
	    sessions > 0 ? NULL : "nobody was there on the day");
	put_share(d, "conversion", pg_integer(&r, 0, BUYERS), pg_integer(&r, 0, MAU),
	    "nobody was there in the 30 days");
	put_share(d, "premiumShare", pg_integer(&r, 0, PAYING), pg_integer(&r, 0, ACCOUNTS), "there is no account");
	put_share(d, "churn", pg_integer(&r, 0, LEFT), pg_integer(&r, 0, BEFORE),
	    "nobody was there 30 to 60 days before");
	return put_videos(d, sessions);
}

/* The present minute does not count: it may still be recorded. */
static struct pg_stmt count_service = PG_STMT("select", "service_days",
    "WITH d AS (SELECT greatest($1::date::timestamp AT TIME ZONE 'UTC', (SELECT min(minute) FROM service_minutes))"
    "     AS since,"
    "   least(($1::date + 1)::timestamp AT TIME ZONE 'UTC', date_trunc('minute', now())) AS until)"
    " SELECT (SELECT sum(requests) FROM service_days WHERE day = $1::date),"
    "   (SELECT sum(failures) FROM service_days WHERE day = $1::date),"
    "   (SELECT json_agg(v ORDER BY i) FROM (SELECT i, sum(v)::bigint AS v"
    "     FROM service_days, unnest(took) WITH ORDINALITY AS t(v, i) WHERE day = $1::date GROUP BY i) s),"
    "   (SELECT count(*) FROM service_minutes WHERE minute >= since AND minute < until),"
    "   (extract(epoch FROM until - since) / 60)::bigint"
    " FROM d");
enum { REQUESTS, FAILURES, TOOK, MINUTES_UP, MINUTES };

static double
p95_ms(struct str took)
{
	uint64_t words[METRIC_HISTOGRAM_CELLS] = { 0 };
	const struct json *list, *v;
	int64_t n;
	int i = 0;

	if (took.p == NULL || json_parse(co_arena(), took.p, took.n, &list) < 0)
		return 0;
	for (v = json_first(list); v != NULL && i < METRIC_HISTOGRAM_CELLS; v = json_next(v))
		words[i++] = json_int(v, &n) ? (uint64_t)n : 0;
	return i == METRIC_HISTOGRAM_CELLS ? metric_quantile_us(words, 0.95) / 1e3 : 0;
}

static int
put_service(struct day *d)
{
	struct pg_rows r;
	double p95;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &count_service, pg_text(d->date))) < 0)
		return rc;
	p95 = p95_ms(pg_value(&r, 0, TOOK));
	put_figure(d, "apiP95", p95, p95 > 0 ? NULL : "no request was recorded on the day");
	put_share(d, "uptime", pg_integer(&r, 0, MINUTES_UP), pg_integer(&r, 0, MINUTES),
	    "no whole minute of the day was recorded");
	put_share(d, "errorRate", pg_integer(&r, 0, FAILURES), pg_integer(&r, 0, REQUESTS),
	    "no request was recorded on the day");
	return 0;
}

static struct pg_stmt store_day = PG_STMT("insert", "kpi_daily",
    "INSERT INTO kpi_daily (day, name, value, reason)"
    " SELECT $1::date, name, value, reason"
    " FROM jsonb_to_recordset($2::jsonb) AS f(name text, value double precision, reason text)"
    " ON CONFLICT (day, name) DO UPDATE SET value = EXCLUDED.value, reason = EXCLUDED.reason, computed_at = now()");

static int
count_day(const char *date)
{
	struct day d = { .date = date };
	int rc;

	if ((rc = put_users(&d)) < 0 || (rc = put_service(&d)) < 0) {
		buf_fini(&d.json);
		return rc;
	}
	buf_byte(&d.json, ']');
	return pg_query(pg_shared(), NULL, &store_day, pg_text(date), pg_text(buf_to_arena(co_arena(), &d.json).p));
}

static struct pg_stmt find_days = PG_STMT("select", "kpi_daily",
    "WITH t AS (SELECT (now() AT TIME ZONE 'UTC')::date AS today)"
    " SELECT d::date::text FROM t, generate_series(today - 6, today, interval '1 day') AS d"
    " WHERE d = today OR (d >= (SELECT min(day) FROM service_days)"
    "   AND (d >= today - 1 OR NOT EXISTS (SELECT FROM kpi_daily WHERE day = d)))"
    " ORDER BY d");

int
kpi_count(int64_t *n)
{
	struct pg_rows r;
	int rc, i;

	*n = 0;
	if ((rc = pg_query(pg_shared(), &r, &find_days)) < 0)
		return rc;
	for (i = 0; i < r.n && rc == 0; i++)
		if ((rc = count_day(pg_string(&r, i, 0))) == 0)
			++*n;
	return rc;
}

/* --- Reading --- */

static struct pg_stmt read_days = PG_STMT("select", "kpi_daily",
    "WITH last AS (SELECT max(day) AS day FROM kpi_daily)"
    " SELECT l.day::text, k.name, max(k.value) FILTER (WHERE k.day = l.day),"
    "   max(k.reason) FILTER (WHERE k.day = l.day),"
    "   json_agg(json_build_object('day', k.day, 'value', k.value) ORDER BY k.day)::text"
    " FROM last l JOIN kpi_daily k ON k.day > l.day - $1::int AND k.day <= l.day"
    " GROUP BY 1, 2");
enum { DAY, NAME, VALUE, REASON, SERIES };

static bool
is_met(const struct kpi *k, double value)
{
	switch (k->aim) {
	case AT_LEAST:	return value >= k->number;
	case ABOVE:	return value > k->number;
	case BELOW:	return value < k->number;
	}
	return false;
}

static void
put_kpi(struct buf *out, const struct kpi *k, const struct pg_rows *r, int row)
{
	bool known = row < r->n && pg_string(r, row, VALUE) != NULL;
	double value = known ? pg_number(r, row, VALUE) : 0;
	struct json_field f[] = {
		JS("name", k->name), known ? JD("value", round(value * 1000) / 1000) : JS("value", NULL),
		JS("unit", k->unit), JS("target", k->target), known ? JB("met", is_met(k, value)) : JS("met", NULL),
		JIF(!known, JS("reason", row < r->n ? pg_string(r, row, REASON) : "not counted yet")),
		JR("series", row < r->n ? pg_value(r, row, SERIES) : STR("[]")),
	};

	json_put_obj(out, f, NELEM(f));
}

int
kpi_read(struct arena *mem, int64_t days, const char **day, struct str *list)
{
	struct buf out = { 0 };
	struct pg_rows r;
	size_t i;
	int rc, row;

	if ((rc = pg_query(pg_shared(), &r, &read_days, pg_int(days))) < 0)
		return rc;
	*day = r.n > 0 ? pg_string(&r, 0, DAY) : NULL;
	buf_byte(&out, '[');
	for (i = 0; i < NELEM(kpis); i++) {
		for (row = 0; row < r.n && strcmp(pg_string(&r, row, NAME), kpis[i].name) != 0; row++)
			;
		buf_str(&out, i > 0 ? "," : "");
		put_kpi(&out, &kpis[i], &r, row);
	}
	buf_byte(&out, ']');
	*list = buf_to_arena(mem, &out);
	return 0;
}
