/* analysis_running.c -- the progress of a running analysis: analysis_progress:{taskId}, found through the product's
 * lock.
 *
 * While an analysis runs this hash is authoritative, since an analysis server may write it directly: rows and cached
 * answers may be older. Lost keys are restored from the tables. Yields: analysis_running. See: t/38-status.t
 */
#include "analysis_text.h"

#include <stdlib.h>

#include "base/conf.h"
#include "link/redis.h"
#include "worker/domain/core/answer_cache.h"

/* An ISO 8601 time in UTC, or seconds or milliseconds since 1970; 0: neither. */
static int64_t
read_time(const char *s)
{
	int64_t n;

	if (s == NULL)
		return 0;
	if (parse_int(s, 0, INT64_C(100000000000000), &n))
		return n < INT64_C(100000000000) ? n * 1000 : n;
	return time_parse(s, &n) ? n : 0;
}

static int64_t
seconds_until(int64_t ms)
{
	int64_t left_ms = ms - now_ms();

	return left_ms <= 0 ? 0 : (left_ms + 999) / 1000;
}

/* status, progress, estimated_completion as the answer has them; false: by its status it is not running. */
static bool
progress_fields(struct arena *mem, const struct redis_reply *v, struct str *fields)
{
	const char *status = v[0].type == REDIS_STR ? v[0].s.p : NULL;
	double progress = v[1].type == REDIS_STR ? strtod(v[1].s.p, NULL) : 0;

	if (status == NULL || strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0)
		return false;
	if (!(progress >= 0))
		progress = 0;
	*fields = analysis_status_fields(mem, strcmp(status, "pending") == 0 ? "pending" : "processing", progress > 100
	    ? 100 : (int64_t)progress, seconds_until(read_time(v[2].type == REDIS_STR ? v[2].s.p : NULL)));
	return true;
}

/* The task that the product's lock names. */
static const char *
find_task(struct arena *mem, const char *product_id)
{
	struct str lock = answer_peek(arena_key(mem, "analysis_lock", product_id));
	const struct json *j;

	return lock.p != NULL && json_parse(mem, lock.p, lock.n, &j) == 0 ? json_str(json_get(j, "task_id")) : NULL;
}

bool
analysis_running_task(struct arena *mem, const char *task_id, struct str *fields)
{
	struct redis_reply r;

	return redis_cmd(&r, "HMGET analysis_progress:%s status progress estimated_completion", task_id) == 0 &&
	    r.type == REDIS_ARRAY && r.n == 3 && progress_fields(mem, r.v, fields);
}

bool
analysis_running(struct arena *mem, const char *product_id, struct str *fields)
{
	const char *task_id = find_task(mem, product_id);

	return task_id != NULL && analysis_running_task(mem, task_id, fields);
}

/* Restores the lock and the hash if missing; not the lock if the hash has ended since the row was read. */
static struct redis_script refill_keys = { .text =
    "local status = redis.call('HGET', KEYS[2], 'status') "
    "if status == 'completed' or status == 'failed' then return 0 end "
    "redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) "
    "if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end "
    "redis.call('HSET', KEYS[2], unpack(ARGV, 4)) redis.call('EXPIRE', KEYS[2], ARGV[3]) return 1" };

void
analysis_running_refill(struct arena *mem, const char *product_id, const struct analysis_stored *s)
{
	int64_t since_ms = s->updated_ms > 0 ? s->updated_ms : now_ms();
	char *end = arena_alloc(mem, TIME_TEXT_BYTES);

	redis_send_eval(&refill_keys, "2 analysis_lock:%s analysis_progress:%s %s %lld %lld status %s progress %lld "
	    "current_step %s total_reviews %lld"
	    " processed_reviews %lld started_at %s estimated_completion %s", product_id, s->task_id, s->lock,
	    (long long)conf.analysis_lock_ttl,
	    (long long)conf.analysis_progress_ttl, s->status, (long long)s->progress, s->step,
	    (long long)s->total, (long long)s->processed, s->started, time_text(end, since_ms + s->estimated_s * 1000));
}
