/* analysis_start.c -- starts an analysis: finds a fresh result, joins the running analysis, or inserts a request.
 *
 * One statement decides and writes (request row, outbox row, job link). The partial unique index
 * analysis_requests_running is the lock: two callers cannot start the same product twice.
 */
#include "analysis.h"

#include "analysis_hash.h"
#include "analysis_pace.h"
#include "analysis_step.h"
#include "analysis_text.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "worker/domain/core/answer_cache.h"
#include "worker/domain/core/outbox.h"

static struct pg_stmt start_or_join = PG_STMT("insert", "analysis_requests",
    "WITH latest AS ("
    "  SELECT r.task_id"
    "  FROM analysis_results r LEFT JOIN products p ON p.id = r.product_id"
    "  WHERE $6::boolean AND r.product_id = $3 AND r.status = 'completed'"
    "    AND r.updated_at > now() - make_interval(secs => $7) AND r.created_at >= coalesce(p.reviews_at, '-infinity')"
    "  ORDER BY r.updated_at DESC LIMIT 1),"
    " fresh AS ("
    "  SELECT l.task_id"
    "  FROM latest l LEFT JOIN analysis_requests q ON q.task_id = l.task_id"
    "  WHERE $12::text IS NULL OR q.payload ->> 'summaryLanguage' = $12),"
    " empty AS (SELECT task_id FROM empty_analysis($3, $5::jsonb ->> 'url', $13) AS task_id"
    "   WHERE task_id IS NOT NULL AND NOT EXISTS (SELECT FROM fresh)),"
    " asked AS ("
    "  INSERT INTO analysis_requests (task_id, kind, product_id, user_id, payload, state, in_job)"
    "  SELECT $1, $2, $3, $4, $5::jsonb, $8::jsonb, $11::text IS NOT NULL"
    "  WHERE NOT EXISTS (SELECT FROM fresh) AND NOT EXISTS (SELECT FROM empty)"
    "  ON CONFLICT (product_id) WHERE status IN ('pending', 'processing') DO UPDATE SET"
    "    user_count = analysis_requests.user_count + 1, in_job = analysis_requests.in_job OR excluded.in_job"
    "  RETURNING task_id, user_count, xmax = 0 AS started, kind, user_id, created_at),"
    " sent AS ("
    "  INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    "  SELECT $9, 'analysis-requests', $3, $1, $2, $10, $5 FROM asked"
    "  WHERE started),"
    " course AS ("
    "  INSERT INTO realtime_analysis_sessions (task_id, product_id, user_id, doc, started_at)"
    "  SELECT task_id, $3, $4,"
    "    jsonb_build_object('kind', $2::text, 'status', 'pending', 'progress', 0, 'stages', '[]'::jsonb), created_at"
    "  FROM asked WHERE started),"
    " queued AS ("
    "  INSERT INTO analysis_queue (product_id, task_id, user_id, doc)"
    "  SELECT $3, task_id, $4, jsonb_build_object('type', $2::text)"
    "  FROM asked WHERE $4::text IS NOT NULL AND $11::text IS NULL),"
    " known AS (SELECT task_id FROM fresh UNION ALL SELECT task_id FROM empty UNION ALL SELECT task_id FROM asked),"
    " linked AS ("
    "  INSERT INTO analysis_jobs (job_id, task_id) SELECT $11::text, task_id FROM known WHERE $11::text IS NOT NULL)"
    " SELECT task_id, 'cached', 0, '', '', 0 FROM fresh"
    " UNION ALL SELECT task_id, 'empty', 0, '', '', 0 FROM empty"
    " UNION ALL SELECT task_id, CASE WHEN started THEN 'started' ELSE 'joined' END, user_count, kind, user_id,"
    "   floor(extract(epoch FROM created_at) * 1000)::bigint"
    " FROM asked");
enum { TASK, HOW, USERS, KIND, USER, SINCE };

enum { QUEUE_MAX = 1000 };	/* entries of the Redis list of waiting users */

static const char *const kind_names[] = { "analysis", "realtime", "batch" };

static struct str
keywords_json(struct arena *mem, struct strs keywords)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < keywords.n; i++) {
		buf_byte(&b, i == 0 ? '[' : ',');
		json_put_str(&b, keywords.v[i], strlen(keywords.v[i]));
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

/* The message for analysis-requests. */
static struct str
request_json(struct arena *mem, const struct analysis_order *o, const char *task_id, const char *language)
{
	return json_obj(mem, JS("requestId", task_id), JS("taskId", task_id), JS("productId", o->product_id),
	    JS("type", kind_names[o->kind]), JIF(o->url != NULL, JS("url", o->url)),
	    JIF(o->keywords.n > 0, JR("keywords", keywords_json(mem, o->keywords))),
	    JIF(o->options != NULL, JR("options", o->options != NULL ? json_text(mem, o->options) : STR(""))),
	    JIF(language != NULL, JS("language", language)), JIF(o->user_id != NULL, JS("userId", o->user_id)),
	    JIF(o->job_id != NULL, JS("jobId", o->job_id)), JI("attempt", 1), JT("timestamp", now_ms()));
}

/* The lock that other services read while it runs: the first requester and the number of waiting users. */
static struct str
lock_json(struct arena *mem, const char *product, const struct pg_rows *r)
{
	int64_t since = pg_integer(r, 0, SINCE);

	return json_obj(mem, JS("task_id", pg_string(r, 0, TASK)), JS("product_id", product),
	    JS("user_id", pg_string(r, 0, USER)),
	    JS("type", pg_string(r, 0, KIND)), JS("status", "processing"), JT("started_at", since),
	    JT("estimated_completion", since + analysis_pace_s() * 1000), JI("user_count", pg_integer(r, 0, USERS)));
}

static void
started_effects(struct effects *effects, const struct analysis_order *o, const struct analysis_ticket *t,
    const struct analysis_update *first, struct str payload, const struct pg_rows *r)
{
	struct arena *mem = effects_arena(effects);

	effects_set(effects, arena_key(mem, "analysis_lock", o->product_id), lock_json(mem, o->product_id, r),
	    conf.analysis_lock_ttl);
	effects_push(effects, arena_key(mem, "analysis_queue", o->product_id), arena_printf(mem, "%s:%s",
	    o->user_id != NULL ? o->user_id : "anonymous", kind_names[o->kind]), QUEUE_MAX, conf.analysis_lock_ttl);
	if (t->joined)
		return;
	effects_set(effects, arena_key(mem, "analysis:task", t->task_id), json_obj(mem, JS("productId", o->product_id)),
	    answer_ttl(conf.cache_task_ttl));
	effects_del(effects, arena_key(mem, "analysis:result", o->product_id));
	effects_del(effects, arena_key(mem, "analysis_cache", o->product_id));
	analysis_hash_effects(effects, first, NULL);
	analysis_state_effects(effects, first, payload);
	effects_outbox(effects);
}

/* The language named in the options, if supported; NULL: none. */
static const char *
wanted_language(const struct analysis_order *o)
{
	return language_code(language_find(json_str(json_get(o->options, "language"))));
}

/* The rest of the estimate, for a joined analysis. */
static int64_t
seconds_left(const struct analysis_ticket *t, int64_t since_ms)
{
	int64_t s = analysis_pace_s(), gone_s = (now_ms() - since_ms) / 1000;

	return t->from_cache || t->ended ? 0 : !t->joined || gone_s < 0 ? s : gone_s < s ? s - gone_s : 1;
}

int
analysis_start_in(struct pg *pg, struct effects *effects, const struct analysis_order *o, bool use_cache,
    struct analysis_ticket *out)
{
	struct arena *mem = effects_arena(effects);
	char *id = arena_alloc(mem, UUID_TEXT_BYTES);
	const char *wanted = wanted_language(o), *language = wanted != NULL ? wanted : language_code(o->accepted);
	struct analysis_update first = {
		.request_id = uuid_text(id), .product_id = o->product_id, .status = "pending",
		.message = analysis_text(TEXT_PENDING, language), .estimated_s = analysis_pace_s(),
		.step = ANALYSIS_STEP_WAITING, .total_steps = ANALYSIS_STEPS, .total = -1, .processed = -1,
	};
	struct str payload = analysis_update_json(mem, &first);
	struct pg_rows r;
	const char *how;
	int rc;

	rc = pg_query(pg, &r, &start_or_join, pg_text(id), pg_text(kind_names[o->kind]), pg_text(o->product_id),
	    pg_text(o->user_id), pg_text(request_json(mem, o, id, language).p), pg_bool(use_cache),
	    pg_int(conf.cache_result_ttl), pg_text(payload.p), pg_int(outbox_shard(o->product_id)),
	    pg_text(o->traceparent), pg_text(o->job_id), pg_text(wanted), pg_num((double)conf.analysis_empty_ttl));
	if (rc < 0)
		return rc;
	if (r.n != 1)
		return E_INTERNAL;
	how = pg_string(&r, 0, HOW);
	out->task_id = arena_strdup(mem, pg_string(&r, 0, TASK));
	out->from_cache = *how == 'c';
	out->joined = *how == 'j';
	out->ended = *how == 'e';
	out->estimated_s = seconds_left(out, pg_integer(&r, 0, SINCE));
	metric_add(M_ANALYSES, out->from_cache ? 2 : out->joined || out->ended ? 1 : 0, 1);
	if (!out->from_cache && !out->ended)
		started_effects(effects, o, out, &first, payload, &r);
	return 0;
}

int
analysis_start(struct arena *mem, const struct analysis_order *o, bool use_cache, struct analysis_ticket *out)
{
	struct effects *effects = effects_new(mem);
	int rc = analysis_start_in(pg_shared(), effects, o, use_cache, out);

	if (rc == 0)
		effects_apply(effects);
	return rc;
}
