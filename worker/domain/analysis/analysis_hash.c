/* analysis_hash.c -- see analysis_hash.h.
 *
 * What an analysis server wrote is newer than its message, which is what Dure knows: the script replaces only what Dure
 * wrote itself, or what the message has passed.
 */
#include "analysis_hash.h"

#include "analysis_step.h"
#include "base/conf.h"
#include "link/redis.h"

/* KEYS: the hash. ARGV: progress, ttl in s, [[field, value, value before or true: always], …]. */
static struct redis_script write_fields = { .text =
    "local at = tonumber(redis.call('HGET', KEYS[1], 'progress') or '') "
    "local behind = not at or at < tonumber(ARGV[1]) "
    "for _, f in ipairs(cjson.decode(ARGV[3])) do "
    "  local now = redis.call('HGET', KEYS[1], f[1]) "
    "  if behind or not now or f[3] == true or now == f[3] then redis.call('HSET', KEYS[1], f[1], f[2]) end "
    "end "
    "redis.call('EXPIRE', KEYS[1], ARGV[2])" };

struct write {
	const char	*key;
	struct str	 fields;
	int64_t		 progress;
};

static void
send_write(void *arg)
{
	const struct write *w = arg;

	redis_send_eval(&write_fields, "1 %s %lld %lld %b", w->key, (long long)w->progress,
	    (long long)conf.analysis_progress_ttl, w->fields.p, w->fields.n);
}

/* `before` NULL: always. */
static void
put_field(struct buf *b, const char *name, const char *value, const char *before)
{
	buf_str(b, b->n > 1 ? ",[" : "[");
	json_put_str(b, name, strlen(name));
	buf_byte(b, ',');
	json_put_str(b, value, strlen(value));
	buf_byte(b, ',');
	if (before != NULL)
		json_put_str(b, before, strlen(before));
	else
		buf_str(b, "true");
	buf_byte(b, ']');
}

static const char *
number_text(struct arena *mem, int64_t n)
{
	return arena_printf(mem, "%lld", (long long)(n > 0 ? n : 0));
}

static const char *
step_text(struct arena *mem, const struct analysis_update *u)
{
	return u->step != NULL ? u->step : number_text(mem, u->current_step);
}

static bool
is_ended(const char *status)
{
	return strcmp(status, "completed") == 0 || strcmp(status, "failed") == 0;
}

static void
put_count(struct buf *b, struct arena *mem, const char *name, int64_t value, const struct analysis_update *before,
    int64_t value_before)
{
	if (value >= 0)
		put_field(b, name, number_text(mem, value), before != NULL ? number_text(mem, value_before) : NULL);
}

void
analysis_hash_effects(struct effects *effects, const struct analysis_update *u, const struct analysis_update *before)
{
	struct arena *mem = effects_arena(effects);
	const struct analysis_update *was = before != NULL ? before : u;
	struct write *w = arena_alloc(mem, sizeof(*w));
	bool ended = is_ended(u->status), first = strcmp(u->status, "pending") == 0;
	char time[TIME_TEXT_BYTES];
	struct buf b = { 0 };

	buf_byte(&b, '[');
	put_field(&b, "status", u->status, before != NULL && !ended ? before->status : NULL);
	put_count(&b, mem, "progress", u->progress, ended ? NULL : before, was->progress);
	if (u->step != NULL || u->current_step > 0)
		put_field(&b, "current_step", step_text(mem, u), before != NULL
		    ? step_text(mem, before) : NULL);
	put_count(&b, mem, "total_reviews", first && u->total < 0 ? 0 : u->total, before, was->total);
	put_count(&b, mem, "processed_reviews", first && u->processed < 0 ? 0 : u->processed, before, was->processed);
	if (first || u->started != NULL)
		put_field(&b, "started_at", u->started != NULL ? u->started : time_text(time, now_ms()),
		    before != NULL ? "" : NULL);
	if (u->estimated_s >= 0)
		put_field(&b, "estimated_completion", time_text(time, now_ms() + u->estimated_s * 1000),
		    before != NULL ? "" : NULL);
	buf_byte(&b, ']');
	*w = (struct write){ arena_key(mem, "analysis_progress", u->request_id), buf_to_arena(mem, &b), u->progress };
	effects_call(effects, send_write, w);
}
