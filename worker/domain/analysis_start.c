/* analysis_start.c -- an analysis is asked for: find the fresh result, join the running one, or start one.
 *
 * One statement decides and writes (request row, outbox row, job link), so two callers cannot start the same product twice:
 * the partial unique index analysis_requests_running is the lock.
 */
#include "analysis.h"

#include "analysis_text.h"
#include "answer.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "outbox.h"

static struct pg_stmt start = PG_STMT("insert", "analysis_requests",
    "WITH fresh AS ("
    "  SELECT r.task_id FROM analysis_results r LEFT JOIN products p ON p.id = r.product_id"
    "  WHERE $6::boolean AND r.product_id = $3 AND r.status = 'completed'"
    "    AND r.updated_at > now() - make_interval(secs => $7) AND r.created_at >= coalesce(p.reviews_at, '-infinity')"
    "  ORDER BY r.updated_at DESC LIMIT 1),"
    " asked AS ("
    "  INSERT INTO analysis_requests (task_id, kind, product_id, user_id, payload, state, in_job)"
    "  SELECT $1, $2, $3, $4, $5::jsonb, $8::jsonb, $11::text IS NOT NULL WHERE NOT EXISTS (SELECT FROM fresh)"
    "  ON CONFLICT (product_id) WHERE status IN ('pending', 'processing') DO UPDATE"
    "    SET user_count = analysis_requests.user_count + 1, in_job = analysis_requests.in_job OR excluded.in_job"
    "  RETURNING task_id, user_count, xmax = 0 AS started),"
    " sent AS ("
    "  INSERT INTO kafka_outbox (shard, topic, key, message_id, type, traceparent, payload)"
    "  SELECT $9, 'analysis-requests', $3, $1, $2, $10, $5 FROM asked WHERE started),"
    " known AS (SELECT task_id FROM fresh UNION ALL SELECT task_id FROM asked),"
    " linked AS (INSERT INTO analysis_jobs (job_id, task_id) SELECT $11::text, task_id FROM known WHERE $11::text IS NOT NULL)"
    " SELECT task_id, 'cached', 0 FROM fresh"
    " UNION ALL SELECT task_id, CASE WHEN started THEN 'started' ELSE 'joined' END, user_count FROM asked");

static const char *const kind_names[] = { "analysis", "realtime", "batch" };

static struct str
keywords_json(struct arena *mem, struct strs keywords)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	for (i = 0; i < keywords.n; i++) {
		buf_byte(&b, i == 0 ? '[' : ',');
		json_put_str(&b, keywords.v[i], strlen(keywords.v[i]));
	}
	buf_byte(&b, ']');
	out = (struct str){ arena_copy(mem, b.p, b.n), b.n };
	buf_fini(&b);
	return out;
}

/* The message for analysis-requests. */
static struct str
request_json(struct arena *mem, const struct analysis_order *o, const char *task_id)
{
	return json_obj(mem, JS("requestId", task_id), JS("taskId", task_id), JS("productId", o->product_id),
	    JS("type", kind_names[o->kind]), JIF(o->url != NULL, JS("url", o->url)),
	    JIF(o->keywords.n > 0, JR("keywords", keywords_json(mem, o->keywords))),
	    JIF(o->options != NULL, JR("options", o->options != NULL ? json_text(mem, o->options) : STR(""))),
	    JIF(o->user_id != NULL, JS("userId", o->user_id)), JIF(o->job_id != NULL, JS("jobId", o->job_id)),
	    JI("attempt", 1), JT("timestamp", now_ms()));
}

/* What other services look for while it runs. */
static struct str
lock_json(struct arena *mem, const struct analysis_order *o, const struct analysis_ticket *t, int64_t users)
{
	return json_obj(mem, JS("task_id", t->task_id), JS("product_id", o->product_id), JS("user_id", o->user_id),
	    JS("type", kind_names[o->kind]), JS("status", "processing"), JT("started_at", now_ms()),
	    JT("estimated_completion", now_ms() + conf.analysis_estimated_s * 1000), JI("user_count", users));
}

static void
tell_started(struct arena *mem, const struct analysis_order *o, const struct analysis_ticket *t,
    const struct analysis_update *first, struct str payload, int64_t users)
{
	struct news *w = news_new(mem);

	news_set(w, analysis_key(mem, "analysis_lock", o->product_id), lock_json(mem, o, t, users), conf.analysis_lock_ttl);
	if (!t->joined) {
		news_set(w, analysis_key(mem, "analysis:task", t->task_id), json_obj(mem, JS("productId", o->product_id)),
		    answer_ttl(conf.cache_task_ttl));
		news_del(w, analysis_key(mem, "analysis:result", o->product_id));
		news_del(w, analysis_key(mem, "analysis_cache", o->product_id));
		analysis_news_state(w, first, payload);
		news_outbox(w);
	}
	news_tell(w);
}

static int
start_in(struct pg *pg, struct arena *mem, const struct analysis_order *o, bool use_cache, struct analysis_ticket *out)
{
	char *id = arena_alloc(mem, UUID_TEXT_BYTES);
	struct analysis_update first = { .request_id = uuid_text(id), .product_id = o->product_id, .status = "pending",
		.message = "분석 대기 중입니다.", .estimated_s = conf.analysis_estimated_s, .total_steps = 4, .total = -1,
		.processed = -1 };
	struct str payload = analysis_update_json(mem, &first);
	struct pg_rows r;
	const char *how;
	int rc;

	rc = pg_query(pg, &r, &start, pg_text(id), pg_text(kind_names[o->kind]), pg_text(o->product_id),
	    pg_text(o->user_id), pg_text(request_json(mem, o, id).p), pg_bool(use_cache), pg_int(conf.cache_result_ttl),
	    pg_text(payload.p), pg_int(outbox_shard(o->product_id)), pg_text(o->traceparent), pg_text(o->job_id));
	if (rc < 0)
		return rc;
	if (r.n != 1)
		return E_INTERNAL;
	how = pg_string(&r, 0, 1);
	out->task_id = arena_strdup(mem, pg_string(&r, 0, 0));
	out->from_cache = *how == 'c';
	out->joined = *how == 'j';
	metric_add(M_ANALYSES, out->from_cache ? 2 : out->joined ? 1 : 0, 1);
	if (!out->from_cache)
		tell_started(mem, o, out, &first, payload, pg_integer(&r, 0, 2));
	return 0;
}

int
analysis_start(struct arena *mem, const struct analysis_order *o, bool use_cache, struct analysis_ticket *out)
{
	return start_in(pg_shared(), mem, o, use_cache, out);
}

int
analysis_start_batch(struct arena *mem, const struct analysis_order *o, struct strs products, const char **job_id)
{
	struct analysis_order one = *o;
	struct analysis_ticket ticket;
	size_t i;
	int rc;

	*job_id = one.job_id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));
	for (i = 0; i < products.n; i++) {
		one.product_id = products.v[i];
		if ((rc = start_in(pg_shared(), mem, &one, true, &ticket)) < 0 && rc != E_CONFLICT)
			return rc;	/* E_CONFLICT: the same product twice in one job */
	}
	return 0;
}
