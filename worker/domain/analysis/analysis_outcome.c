/* analysis_outcome.c -- applies the outcome of an analysis: ends the request, stores the result or the failure,
 * notifies the users who wait. Runs inside the bridge's transaction. See analysis.h. */
#include "analysis.h"

#include "analysis_hash.h"
#include "analysis_pace.h"
#include "analysis_task.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "batch.h"
#include "worker/domain/core/answer_cache.h"
#include "worker/domain/core/failure.h"
#include "worker/domain/core/notification.h"

/* The keywords of a list whose elements are strings or objects with a `keyword`. */
static struct str
keyword_words(struct arena *mem, const struct json *keywords)
{
	struct buf b = { 0 };
	const struct json *k;

	buf_byte(&b, '[');
	for (k = json_first(keywords); k != NULL; k = json_next(k)) {
		const char *word = json_str(json_type(k) == JSON_OBJECT ? json_get(k, "keyword") : k);

		if (word == NULL)
			continue;
		if (b.n > 1)
			buf_byte(&b, ',');
		json_put_str(&b, word, strlen(word));
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

/* Ends the request and its course, stores the result and its keywords. Changes nothing when the request had ended. */
static struct pg_stmt finish_task = PG_STMT("insert", "analysis_results",
    "WITH ended AS ("
    "  UPDATE analysis_requests SET status = $2::text,"
    "    progress = CASE WHEN $2::text = 'completed' THEN 100 ELSE progress END, error = $8::text,"
    "    updated_at = now(),"
    "    payload = CASE WHEN coalesce($11::text, payload ->> 'language') IS NULL THEN payload"
    "      ELSE payload || jsonb_build_object('summaryLanguage', coalesce($11::text, payload ->> 'language')) END"
    "  WHERE task_id = $1::text AND status IN ('pending', 'processing')"
    "  RETURNING task_id, product_id, in_job, created_at, progress, state, payload ->> 'language' AS language),"
    " course AS ("
    "  UPDATE realtime_analysis_sessions s SET doc = session_end(s.doc, s.started_at,"
    "    jsonb_build_object('status', $2::text, 'progress', e.progress, 'totalReviews', $9::int, 'error', $8::text,"
    "      'waiting', (SELECT count(DISTINCT user_id) FROM analysis_queue q WHERE q.task_id = e.task_id)))"
    "  FROM ended e"
    "  WHERE s.task_id = e.task_id AND s.started_at = e.created_at),"
    " stored AS ("
    "  INSERT INTO analysis_results (product_id, task_id, status, sentiment_positive, sentiment_negative,"
    "    sentiment_neutral, summary, keywords, total_reviews, error, created_at)"
    "  SELECT product_id, task_id, $2::text, $3::numeric, $4::numeric, $5::numeric, $6::text, $7::jsonb, $9::int,"
    "    $8::text, created_at"
    "  FROM ended"
    "  RETURNING created_at, updated_at),"
    " words AS ("
    "  INSERT INTO keyword_details (product_id, task_id, keyword, doc)"
    "  SELECT product_id, task_id, CASE jsonb_typeof(k) WHEN 'object' THEN k ->> 'keyword' ELSE k #>> '{}' END,"
    "    CASE jsonb_typeof(k) WHEN 'object' THEN k ELSE jsonb_build_object('keyword', k) END"
    "  FROM ended, jsonb_array_elements($10::jsonb) WITH ORDINALITY AS t (k, n)"
    "  ORDER BY n)"
    " SELECT product_id, in_job, iso(stored.created_at), iso(stored.updated_at), progress, language,"
    "   floor(extract(epoch FROM now() - ended.created_at) * 1000)::bigint, state"
    " FROM ended, stored");
enum { ENDED_PRODUCT, ENDED_IN_JOB, ENDED_CREATED, ENDED_UPDATED, ENDED_PROGRESS, ENDED_LANGUAGE, ENDED_MS,
    ENDED_STATE };
static struct pg_stmt keep_state = PG_STMT("update", "analysis_requests",
    "UPDATE analysis_requests SET state = $2::jsonb WHERE task_id = $1");

static struct str
outcome_json(struct arena *mem, const struct analysis_outcome *o, struct str words, const struct pg_rows *r)
{
	struct str sentiment = json_obj(mem, JD("positive", o->positive), JD("negative", o->negative),
	    JD("neutral", o->neutral));

	return json_obj(mem, JN("productId", pg_value(r, 0, ENDED_PRODUCT)), JR("sentiment", sentiment),
	    JS("summary", o->summary), JR("keywords", words), JI("totalReviews", o->total),
	    JN("createdAt", pg_value(r, 0, ENDED_CREATED)), JN("updatedAt", pg_value(r, 0, ENDED_UPDATED)));
}

/* The effects of an analysis that ends. */
static void
outcome_effects(struct effects *effects, const struct analysis_update *u, struct str payload)
{
	struct arena *mem = effects_arena(effects);

	effects_del(effects, arena_key(mem, "analysis_queue", u->product_id));
	if (u->results.p != NULL) {
		effects_set(effects, arena_key(mem, "analysis:result", u->product_id), u->results,
		    answer_ttl(conf.cache_result_ttl));
		effects_set(effects, arena_key(mem, "analysis_cache", u->product_id), u->results,
		    answer_ttl(conf.analysis_cache_ttl));
	}
	analysis_state_effects(effects, u, payload);
}

static int
report_failure_of(struct pg *pg, struct effects *effects, const struct analysis_update *u, const char *why)
{
	struct arena *mem = effects_arena(effects);
	struct failure f = { .request_id = u->request_id, .type = "analysis-error", .message = u->message,
	    .severity = "high", .step = u->step, .details = json_value(mem, why) };

	return failure_report(pg, effects, "analysis", &f, arena_printf(mem, "%s-failed", u->request_id),
	    u->product_id);
}

/* The waiting users leave the queue and are notified. */
static struct pg_stmt leave_queue = PG_STMT("delete", "analysis_queue",
    "WITH gone AS (DELETE FROM analysis_queue WHERE task_id = $1 RETURNING user_id) SELECT DISTINCT user_id FROM gone");

static int
notify_waiting(struct pg *pg, struct effects *effects, const struct analysis_update *u, const char *language)
{
	struct arena *mem = effects_arena(effects);
	bool completed = strcmp(u->status, "completed") == 0;
	struct notification n = {
		.type = "analysis",
		.title = analysis_text(completed ? TEXT_TITLE_COMPLETED : TEXT_TITLE_FAILED, language),
		.source_id = arena_key(mem, "analysis", u->request_id),
	};
	struct pg_rows r;
	int rc, i;

	n.message = arena_printf(mem, "%s%s", u->product_id, analysis_text(completed
	    ? TEXT_TELL_COMPLETED : TEXT_TELL_FAILED, language));
	n.data = json_obj(mem, JS("productId", u->product_id), JS("requestId", u->request_id), JS("status", u->status));
	if ((rc = pg_query(pg, &r, &leave_queue, pg_text(u->request_id))) < 0)
		return rc;
	for (i = 0; i < r.n; i++) {
		n.user = pg_string(&r, i, 0);
		if ((rc = notification_add(pg, effects, &n)) < 0 && rc != E_CONFLICT && rc != E_NOT_FOUND)
			return rc;
	}
	return 0;
}

static int
end_task(struct pg *pg, struct arena *mem, const struct analysis_outcome *o, struct str words, struct pg_rows *r)
{
	int rc = pg_query(pg, r, &finish_task, pg_text(o->request_id), pg_text(o->status), pg_num(o->positive),
	    pg_num(o->negative), pg_num(o->neutral), pg_text(o->summary), pg_text(words.p), pg_text(o->error),
	    pg_int(o->total), pg_text(o->keywords != NULL ? json_text(mem, o->keywords).p : "[]"),
	    pg_text(language_code(language_find(o->language))));

	if (rc < 0)
		return rc;
	if (r->n == 0)
		return analysis_task_unchanged(pg, o->request_id);
	return o->product_id != NULL && strcmp(pg_string(r, 0, ENDED_PRODUCT), o->product_id) != 0 ? E_VALIDATION : 0;
}

/* A completed analysis has taken all steps; a failed one stays at the step it failed at. */
static void
end_update(struct arena *mem, const struct analysis_outcome *o, struct str words, const struct pg_rows *r,
    const struct analysis_update *was, struct analysis_update *u)
{
	const char *language = pg_string(r, 0, ENDED_LANGUAGE);

	*u = (struct analysis_update){ .request_id = o->request_id, .product_id = was->product_id,
		.status = o->status, .progress = pg_integer(r, 0, ENDED_PROGRESS), .total = o->total,
		.processed = o->total, .total_steps = -1, .estimated_s = 0, .sent = o->sent };
	analysis_task_step(u, &o->step);
	if (strcmp(o->status, "completed") == 0) {
		u->message = analysis_text(TEXT_COMPLETED, language);
		u->total_steps = was->total_steps > 0 ? was->total_steps : ANALYSIS_STEPS;
		u->current_step = u->total_steps;
		u->step = o->step.name != NULL ? o->step.name : ANALYSIS_STEP_DONE;
		u->results = outcome_json(mem, o, words, r);
		return;
	}
	u->message = analysis_text(TEXT_FAILED, language);
	u->error = failure_reason(mem, o->error);
	if (o->total == 0)
		u->total = u->processed = -1;
	analysis_task_keep(u, was);
}

static int
outcome_effects_of(struct pg *pg, struct effects *effects, const struct analysis_outcome *o,
    const struct analysis_update *u, const struct analysis_update *was, struct str payload)
{
	bool completed = u->results.p != NULL;

	metric_add(M_ANALYSES, completed ? 3 : 4, 1);
	pg_wrote(u->product_id);
	outcome_effects(effects, u, payload);
	analysis_hash_effects(effects, u, o->partial ? was : NULL);
	/* After the hash: a reader that still saw a running row then finds it ended, and does not restore the lock. */
	effects_del(effects, arena_key(effects_arena(effects), "analysis_lock", u->product_id));
	return completed ? 0 : report_failure_of(pg, effects, u, o->error);
}

int
analysis_on_result(struct pg *pg, struct effects *effects, const struct analysis_outcome *o)
{
	struct arena *mem = effects_arena(effects);
	struct str words = keyword_words(mem, o->keywords), payload;
	struct analysis_update u, was;
	struct pg_rows r;
	int rc;

	if ((rc = end_task(pg, mem, o, words, &r)) < 0)
		return rc;
	was = (struct analysis_update){ .request_id = o->request_id, .product_id = pg_string(&r, 0, ENDED_PRODUCT),
		.status = "processing", .progress = pg_integer(&r, 0, ENDED_PROGRESS) };
	analysis_update_read(mem, pg_value(&r, 0, ENDED_STATE), &was);
	end_update(mem, o, words, &r, &was, &u);
	if (u.results.p != NULL)
		analysis_pace_add(pg_integer(&r, 0, ENDED_MS));
	payload = analysis_update_json(mem, &u);
	if ((rc = pg_query(pg, NULL, &keep_state, pg_text(o->request_id), pg_text(payload.p))) < 0 ||
	    (rc = outcome_effects_of(pg, effects, o, &u, &was, payload)) < 0 ||
	    (rc = notify_waiting(pg, effects, &u, pg_string(&r, 0, ENDED_LANGUAGE))) < 0)
		return rc;
	return *pg_string(&r, 0, ENDED_IN_JOB) == 't' ? batch_task_effects(pg, effects, o->request_id) : 0;
}
