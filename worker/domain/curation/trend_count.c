/* trend_count.c -- the counts of keywords in Redis. See trend.h, trend_count.h. Yields: trend_count_top,
 * trend_count_mend. */
#include "trend_count.h"

#include <math.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"
#include "trend.h"

/* An epoch of so many half-lives keeps the weights within the range of a double, also of the epoch before. */
enum { EPOCH_HALF_LIVES = 240, KEYWORDS_KEPT = 10000, INTACT_S = 86400 };

/* One of the two counts, in the keys of the present and the previous epoch. */
struct count_keys {
	const char	*now, *before;
	double		 weight;		/* of what is counted at this moment */
	double		 left_now, left_before;	/* what is left of a unit in each key */
	int64_t		 ttl_s;
};

static struct count_keys
keys_of(struct arena *mem, const char *name, int64_t half_life_s)
{
	int64_t length = half_life_s * EPOCH_HALF_LIVES, epoch = now_ms() / 1000 / length;
	double age = ((double)now_ms() / 1000 - (double)(epoch * length)) / (double)half_life_s;
	struct count_keys k = { .weight = exp2(age),
		.left_now = exp2(-age),
		.left_before = exp2(-age - EPOCH_HALF_LIVES),
		.ttl_s = 2 * length };

	k.now = arena_printf(mem, "trends:%s:%lld:%lld", name, (long long)half_life_s, (long long)epoch);
	k.before = arena_printf(mem, "trends:%s:%lld:%lld", name, (long long)half_life_s, (long long)epoch - 1);
	return k;
}

/* KEYS: fast, usual. ARGV: weight and ttl of each, then a list [keyword, number, …]. */
static struct redis_script add_counts = { .text =
	"local list = cjson.decode(ARGV[5])\n"
	"for k = 1, 2 do\n"
	"	for i = 1, #list, 2 do redis.call('ZINCRBY', KEYS[k], list[i + 1] * ARGV[2 * k - 1], list[i]) end\n"
	"	redis.call('EXPIRE', KEYS[k], ARGV[2 * k])\n"
	"end\n"
};

static bool missed;	/* counts that Redis did not take: the next ones that it takes end the intactness */

static void
on_counts_told(void *arg, int rc)
{
	(void)arg;
	if (rc < 0) {
		missed = true;
	} else if (missed) {
		missed = false;
		redis_send("DEL trends:intact");
	}
}

void
trend_count(struct trend_counts *c, const char *keyword, double weight)
{
	char number[NUM_TEXT_BYTES];

	buf_byte(&c->list, c->list.n == 0 ? '[' : ',');
	json_put_str(&c->list, keyword, strlen(keyword));
	buf_byte(&c->list, ',');
	num_text(number, weight);
	buf_add(&c->list, number, strlen(number));
}

void
trend_counts_send(struct trend_counts *c)
{
	struct arena *mem = co_arena();
	struct count_keys fast, usual;

	if (c->list.n == 0)
		return;
	fast = keys_of(mem, "fast", conf.trends_half_life_s);
	usual = keys_of(mem, "usual", conf.trends_usual_half_life_s);
	buf_byte(&c->list, ']');
	redis_send_eval_told(&add_counts, on_counts_told, NULL, "2 %s %s %s %lld %s %lld %b", fast.now, usual.now,
	    arena_printf(mem, "%.17g", fast.weight), (long long)fast.ttl_s, arena_printf(mem, "%.17g", usual.weight),
	    (long long)usual.ttl_s, c->list.p, c->list.n);
	buf_fini(&c->list);
}

/* KEYS: fast now and before, usual now and before, a name for the sum. ARGV: what is left of a unit in each, how many,
 * and how many to keep. Answers [keyword, fast, usual, …], most counted first. */
static struct redis_script read_top = { .text =
	"redis.call('ZUNIONSTORE', KEYS[5], 2, KEYS[1], KEYS[2], 'WEIGHTS', ARGV[1], ARGV[2])\n"
	"local top = redis.call('ZREVRANGE', KEYS[5], 0, ARGV[5] - 1, 'WITHSCORES')\n"
	"redis.call('DEL', KEYS[5])\n"
	"local out = {}\n"
	"for i = 1, #top, 2 do\n"
	"	local now = redis.call('ZSCORE', KEYS[3], top[i]) or 0\n"
	"	local before = redis.call('ZSCORE', KEYS[4], top[i]) or 0\n"
	"	out[#out + 1] = top[i]\n"
	"	out[#out + 1] = top[i + 1]\n"
	"	out[#out + 1] = string.format('%.17g', now * ARGV[3] + before * ARGV[4])\n"
	"end\n"
	"for k = 1, 4 do redis.call('ZREMRANGEBYRANK', KEYS[k], 0, -ARGV[6] - 1) end\n"
	"return out\n"
};

int
trend_count_top(struct arena *mem, int64_t max, struct trend_keyword **out, size_t *n)
{
	struct count_keys fast = keys_of(mem, "fast", conf.trends_half_life_s);
	struct count_keys usual = keys_of(mem, "usual", conf.trends_usual_half_life_s);
	struct redis_reply r;
	size_t i;
	int rc;

	rc = redis_eval(&r, &read_top, "5 %s %s %s %s trends:sum %s %s %s %s %lld %d", fast.now, fast.before, usual.now,
	    usual.before, arena_printf(mem, "%.17g", fast.left_now), arena_printf(mem, "%.17g", fast.left_before),
	    arena_printf(mem, "%.17g", usual.left_now), arena_printf(mem, "%.17g", usual.left_before), (long long)max,
	    KEYWORDS_KEPT);
	if (rc < 0)
		return rc;
	*n = r.n / 3;
	*out = arena_zalloc(mem, (*n + 1) * sizeof(**out));
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct trend_keyword){ .keyword = r.v[3 * i].s.p, .fast = strtod(r.v[3 * i + 1].s.p, NULL),
		    .usual = strtod(r.v[3 * i + 2].s.p, NULL) };
	return 0;
}

/* $1, $2: the half-lives, s. $3: at most so many. Five half-lives back, 3 % of a count are left. */
static struct pg_stmt count_again = PG_STMT("select", "user_video_interactions",
    "SELECT json_agg(json_build_array(keyword, fast, usual))::text FROM ("
    "  SELECT k AS keyword, sum(s * power(2, -least(age / $1::float8, 900))) AS fast,"
    "    sum(s * power(2, -least(age / $2::float8, 900))) AS usual"
    "  FROM (SELECT video_id, extract(epoch FROM now() - at)::float8 AS age,"
    "      interaction_strength(type, watch_ms) AS s"
    "    FROM user_video_interactions WHERE at > now() - make_interval(secs => 5 * $2::float8)) i"
    "  JOIN videos v USING (video_id), unnest(v.keywords) k"
    "  WHERE s > 0 GROUP BY k ORDER BY 3 DESC LIMIT $3) x");

/* KEYS: fast now and before, usual now and before. ARGV: the weights of the present counts, the times to live, a list
 * [[keyword, fast, usual], …], s that the mark lasts. */
static struct redis_script replace_counts = { .text =
	"redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])\n"
	"for _, row in ipairs(cjson.decode(ARGV[5])) do\n"
	"	redis.call('ZADD', KEYS[1], row[2] * ARGV[1], row[1])\n"
	"	redis.call('ZADD', KEYS[3], row[3] * ARGV[2], row[1])\n"
	"end\n"
	"redis.call('EXPIRE', KEYS[1], ARGV[3])\n"
	"redis.call('EXPIRE', KEYS[3], ARGV[4])\n"
	"redis.call('SET', 'trends:intact', 1, 'EX', ARGV[6])\n"
};

static int
rebuild_counts(struct arena *mem)
{
	struct count_keys fast = keys_of(mem, "fast", conf.trends_half_life_s);
	struct count_keys usual = keys_of(mem, "usual", conf.trends_usual_half_life_s);
	struct pg_rows r;
	const char *list;
	int rc;

	rc = pg_query(pg_shared(), &r, &count_again, pg_int(conf.trends_half_life_s),
	    pg_int(conf.trends_usual_half_life_s), pg_int(KEYWORDS_KEPT));
	if (rc < 0)
		return rc;
	list = pg_string(&r, 0, 0);
	return redis_eval(NULL, &replace_counts, "4 %s %s %s %s %s %s %lld %lld %s %d", fast.now, fast.before,
	    usual.now, usual.before, arena_printf(mem, "%.17g", fast.weight),
	    arena_printf(mem, "%.17g", usual.weight), (long long)fast.ttl_s, (long long)usual.ttl_s,
	    list != NULL ? list : "[]", INTACT_S);
}

int
trend_count_mend(struct arena *mem)
{
	struct str intact;
	int rc;

	if ((rc = redis_get("trends:intact", &intact)) < 0 || intact.p != NULL)
		return rc;
	if ((rc = rebuild_counts(mem)) == 0)
		log_info("trends counted again from the interactions");
	return rc;
}
