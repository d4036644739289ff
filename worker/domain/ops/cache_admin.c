/* cache_admin.c -- operations on the answer cache. See cache_admin.h. Yields: all but cache_stats_start. */
#include "cache_admin.h"

#include <stdlib.h>
#include <time.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "link/redis.h"
#include "proc/scoreboard.h"
#include "reach.h"
#include "run/loop.h"
#include "store_figures.h"
#include "worker/domain/analysis/analysis.h"

enum { HIT, MISS, LOCAL, JOINED };	/* cells of M_CACHE */
enum { FLUSH_MS = 1000, STATS_TTL_S = 31 * 86400, SCAN_ROUNDS = 100, SCAN_COUNT = 1000, DATE_BYTES = 11,
    DAY_S = 86400 };

static struct {
	struct loop_timer	 timer;
	uint64_t		*block;		/* this process's metrics */
	uint64_t		 hits, misses;	/* already added to Redis */
} flush;

static char *
date_text(char out[DATE_BYTES], int64_t days_ago)
{
	time_t t = (time_t)(now_ms() / 1000 - days_ago * DAY_S);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, DATE_BYTES, "%Y-%m-%d", &tm);
	return out;
}

static uint64_t
cell_sum(int one, int other)
{
	return metric_total(&flush.block, 1, M_CACHE, (size_t)one) +
	    metric_total(&flush.block, 1, M_CACHE, (size_t)other);
}

static void
on_flush_timer(struct loop_timer *t)
{
	uint64_t hits = cell_sum(HIT, LOCAL), misses = cell_sum(MISS, JOINED);
	char date[DATE_BYTES];

	(void)t;
	if ((hits == flush.hits && misses == flush.misses) || !redis_up())
		return;
	date_text(date, 0);
	if (hits != flush.hits)
		redis_send("HINCRBY cache:stats:%s hits %lld", date, (long long)(hits - flush.hits));
	if (misses != flush.misses)
		redis_send("HINCRBY cache:stats:%s misses %lld", date, (long long)(misses - flush.misses));
	redis_send("EXPIRE cache:stats:%s %d", date, STATS_TTL_S);
	flush.hits = hits;
	flush.misses = misses;
}

void
cache_stats_start(void)
{
	flush.block = scoreboard_metrics((int)(scoreboard_me() - scoreboard_slot(0)));
	flush.hits = cell_sum(HIT, LOCAL);
	flush.misses = cell_sum(MISS, JOINED);
	loop_timer_init(&flush.timer, on_flush_timer, NULL);
	loop_timer_start(&flush.timer, FLUSH_MS, FLUSH_MS);
}

static double
rate_of(int64_t hits, int64_t misses)
{
	return hits + misses == 0 ? 0 : (double)(hits * 10000 / (hits + misses)) / 10000;
}

static int64_t
reply_number(const struct redis_reply *r)
{
	return r->type == REDIS_INT ? r->i : r->type == REDIS_STR ? strtoll(r->s.p, NULL, 10) : 0;
}

/* Counts matching keys by SCAN, with a bound on the work; *partial when it was reached. */
static int
count_keys(const char *pattern, int64_t *n, bool *partial)
{
	const char *cursor = "0";
	struct redis_reply r;
	int i, rc;

	for (i = 0; i < SCAN_ROUNDS; i++) {
		if ((rc = redis_cmd(&r, "SCAN %s MATCH %s COUNT %d", cursor, pattern, SCAN_COUNT)) < 0)
			return rc;
		if (r.type != REDIS_ARRAY || r.n != 2)
			return E_INTERNAL;
		*n += (int64_t)r.v[1].n;
		cursor = r.v[0].s.p;
		if (strcmp(cursor, "0") == 0)
			return 0;
	}
	*partial = true;
	return 0;
}

int
cache_stats(struct arena *mem, struct str *out)
{
	struct redis_reply today, info;
	int64_t hits, misses, keys = 0;
	bool partial = false;
	char date[DATE_BYTES];
	int rc;

	if ((rc = redis_cmd(&today, "HMGET cache:stats:%s hits misses", date_text(date, 0))) < 0 ||
	    (rc = redis_cmd(&info, "INFO memory")) < 0 || (rc = count_keys("analysis*", &keys, &partial)) < 0)
		return rc;
	hits = reply_number(&today.v[0]);
	misses = reply_number(&today.v[1]);
	*out = json_obj(mem, JS("date", date), JI("hits", hits), JI("misses", misses),
	    JD("hitRate", rate_of(hits, misses)), JI("keys", keys), JIF(partial, JB("keysPartial", true)),
	    JI("memoryBytes", redis_info_number(info.s.p, "used_memory:")),
	    JI("memoryPeakBytes", redis_info_number(info.s.p, "used_memory_peak:")));
	return 0;
}

int
cache_hitrate(struct arena *mem, int64_t days, struct str *out)
{
	struct redis_reply *r = arena_alloc(mem, (size_t)days * sizeof(*r));
	struct redis_batch *b = redis_batch();
	int64_t i, all_hits = 0, all_misses = 0;
	struct buf list = { 0 };
	char date[DATE_BYTES];
	int rc;

	for (i = 0; i < days; i++)
		redis_add(b, "HMGET cache:stats:%s hits misses", date_text(date, days - 1 - i));
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	for (i = 0; i < days; i++) {
		int64_t hits = reply_number(&r[i].v[0]), misses = reply_number(&r[i].v[1]);
		struct json_field f[] = {
			JS("date", date_text(date, days - 1 - i)), JI("hits", hits), JI("misses", misses),
			JD("hitRate", rate_of(hits, misses)),
		};

		buf_byte(&list, i == 0 ? '[' : ',');
		json_put_obj(&list, f, NELEM(f));
		all_hits += hits;
		all_misses += misses;
	}
	buf_byte(&list, ']');
	*out = json_obj(mem, JI("days", days), JI("hits", all_hits), JI("misses", all_misses),
	    JD("hitRate", rate_of(all_hits, all_misses)), JR("daily", ((struct str){ list.p, list.n })));
	buf_fini(&list);
	return 0;
}

void
cache_health(struct arena *mem, struct str *out, bool *up)
{
	struct reach r;

	reach_redis(mem, &r, false);
	*up = r.up;
	*out = json_obj(mem, JS("status", r.up ? "healthy" : "unhealthy"), JB("connected", r.up),
	    JIF(r.up, JD("latencyMs", (double)r.us / 1e3)), JT("timestamp", now_ms()));
}

int
cache_invalidate(struct arena *mem, struct strs products, int64_t *deleted)
{
	struct redis_reply *r = arena_alloc(mem, products.n * sizeof(*r));
	struct redis_batch *b = redis_batch();
	size_t i;
	int rc;

	for (i = 0; i < products.n; i++)
		redis_add(b, "DEL analysis:result:%s analysis_cache:%s analysis:status:%s", products.v[i],
		    products.v[i], products.v[i]);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	for (*deleted = 0, i = 0; i < products.n; i++)
		*deleted += reply_number(&r[i]);
	return 0;
}

int
cache_warm(struct arena *mem, struct strs products, int64_t *warmed, struct strs *missing)
{
	struct str body;
	int rc, status;
	size_t i;

	missing->v = arena_alloc(mem, products.n * sizeof(*missing->v));
	for (*warmed = 0, missing->n = 0, i = 0; i < products.n; i++) {
		rc = analysis_result(mem, products.v[i], &body, &status);
		if (rc < 0 && rc != E_NOT_FOUND)
			return rc;
		if (rc == 0 && status == 200)
			++*warmed;
		else
			missing->v[missing->n++] = products.v[i];
	}
	return 0;
}

static struct pg_stmt find_popular = PG_STMT("select", "analysis_requests",
    "SELECT product_id FROM analysis_requests"
    " WHERE status = 'completed' AND created_at > now() - interval '7 days'"
    " GROUP BY product_id ORDER BY sum(user_count) DESC, max(created_at) DESC LIMIT $1");

int
cache_warm_popular(struct arena *mem, int64_t *warmed)
{
	struct strs products, missing;
	struct pg_rows r;
	int rc;

	*warmed = 0;
	if (conf.cache_warm_count == 0 || !redis_up())
		return 0;
	if ((rc = pg_query(pg_shared(), &r, &find_popular, pg_int(conf.cache_warm_count))) < 0)
		return rc;
	products.v = arena_alloc(mem, ((size_t)r.n + 1) * sizeof(*products.v));
	for (products.n = 0; products.n < (size_t)r.n; products.n++)
		products.v[products.n] = pg_string(&r, (int)products.n, 0);
	return cache_warm(mem, products, warmed, &missing);
}
