/* analysis_topic.c -- applies messages of the analysis pipeline: progress, cards, outcomes. Runs inside the bridge's
 * transaction. */
#include "analysis.h"

#include "analysis_pace.h"
#include "analysis_text.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "batch.h"
#include "worker/domain/core/answer_cache.h"
#include "worker/domain/core/failure.h"
#include "worker/domain/core/notification.h"

static struct pg_stmt task_known = PG_STMT("select", "analysis_requests",
    "SELECT product_id FROM analysis_requests WHERE task_id = $1");

/* Why an update matched no row: the task is unknown, or its state is newer. */
static int
why_unchanged(struct pg *pg, const char *task_id)
{
	struct pg_rows r;
	int rc = pg_query(pg, &r, &task_known, pg_text(task_id));

	return rc < 0 ? rc : r.n == 0 ? E_NOT_FOUND : E_CONFLICT;
}

static int64_t
count_of(const struct json *stats, const char *name)
{
	int64_t n = 0;

	(void)json_int(json_get(stats, name), &n);
	return n;
}

static void
read_counts(struct analysis_update *u, const struct json *stats)
{
	u->counted = stats != NULL;
	u->positive = count_of(stats, "positive");
	u->negative = count_of(stats, "negative");
	u->neutral = count_of(stats, "neutral");
}

#define MOVE_ON \
	"UPDATE analysis_requests" \
	" SET status = 'processing', progress = $2::int, state = $3::jsonb, updated_at = now()" \
	" WHERE task_id = $1 AND status IN ('pending', 'processing') AND progress <= $2::int" \
	" RETURNING product_id, in_job"
static struct pg_stmt move_on = PG_STMT("update", "analysis_requests", MOVE_ON);
enum { MOVED_PRODUCT, MOVED_IN_JOB };
/* The same, and appends a stage to the course where it is one. */
static struct pg_stmt move_with_stage = PG_STMT("update", "analysis_requests",
    "WITH moved AS (" MOVE_ON ", task_id, created_at),"
    " course AS ("
    "  UPDATE realtime_analysis_sessions s SET doc = session_stage(s.doc, 'processing',"
    "    jsonb_build_object('progress', $2::int, 'step', nullif($4::int, 0), 'message', left($5::text, 500)))"
    "  FROM moved m"
    "  WHERE s.task_id = m.task_id AND s.started_at = m.created_at"
    "    AND session_turns(s.doc, $2::int, nullif($4::int, 0)))"
    " SELECT product_id, in_job FROM moved");

/* A cache of the last stage of some tasks: most reports are surely no stage and need not touch the course. After a
 * rollback a repeated report may be checked once more. */
static bool
may_be_stage(const struct analysis_progress *p)
{
	static struct { uint64_t task; int64_t progress, step; } seen[1024];
	uint64_t task = hash_bytes(p->request_id, strlen(p->request_id));
	size_t i = task % NELEM(seen);

	if (seen[i].task == task && seen[i].step == p->current_step && p->progress > seen[i].progress &&
	    p->progress < seen[i].progress + 10)
		return false;
	seen[i].task = task;
	seen[i].progress = p->progress;
	seen[i].step = p->current_step;
	return true;
}

static int
move_task(struct pg *pg, struct pg_rows *r, const struct analysis_progress *p, const char *state)
{
	if (!may_be_stage(p))
		return pg_query(pg, r, &move_on, pg_text(p->request_id), pg_int(p->progress), pg_text(state));
	return pg_query(pg, r, &move_with_stage, pg_text(p->request_id), pg_int(p->progress), pg_text(state),
	    pg_int(p->current_step), pg_text(p->message));
}

int
analysis_on_progress(struct pg *pg, struct effects *effects, const struct analysis_progress *p)
{
	struct arena *mem = effects_arena(effects);
	struct analysis_update u = {
		.request_id = p->request_id, .product_id = p->product_id, .status = "processing",
		.message = p->message, .progress = p->progress, .estimated_s = p->estimated_s,
		.current_step = p->current_step, .total_steps = p->total_steps, .total = p->total,
		.processed = p->processed,
	};
	struct str payload;
	struct pg_rows r;
	int rc;

	read_counts(&u, p->stats);
	payload = analysis_update_json(mem, &u);
	if ((rc = move_task(pg, &r, p, payload.p)) < 0)
		return rc;
	if (r.n == 0)
		return why_unchanged(pg, p->request_id);
	if (strcmp(pg_string(&r, 0, MOVED_PRODUCT), p->product_id) != 0)
		return E_VALIDATION;
	analysis_state_effects(effects, &u, payload);
	return *pg_string(&r, 0, MOVED_IN_JOB) == 't' ? batch_task_effects(pg, effects, p->request_id) : 0;
}

static struct pg_stmt add_card = PG_STMT("insert", "emotion_cards",
    "INSERT INTO emotion_cards (product_id, task_id, card_id, doc)"
    " SELECT $2::text, $1::text, $3::text, $4::jsonb"
    " WHERE EXISTS (SELECT FROM analysis_requests WHERE task_id = $1 AND product_id = $2)"
    "   AND NOT EXISTS (SELECT FROM emotion_cards WHERE task_id = $1 AND card_id = $3)");

int
analysis_on_card(struct pg *pg, struct effects *effects, const char *request_id, const char *product_id,
    const char *card_id, const struct json *card)
{
	struct arena *mem = effects_arena(effects);
	struct str doc = json_text(mem, card);
	const char *room = arena_key(mem, "analysis", request_id);
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &add_card, pg_text(request_id), pg_text(product_id), pg_text(card_id), pg_text(doc.p));
	if (rc < 0)
		return rc;
	if (r.affected == 0)
		return why_unchanged(pg, request_id);
	pg_wrote(product_id);
	effects_room(effects, room, ROOM_CARD, "sentiment-card", NULL,
	    json_obj(mem, JS("requestId", request_id), JS("productId", product_id), JR("card", doc)), false);
	return 0;
}

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
    "  RETURNING task_id, product_id, in_job, created_at, progress, payload ->> 'language' AS language),"
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
    "   floor(extract(epoch FROM now() - ended.created_at) * 1000)::bigint"
    " FROM ended, stored");
enum { ENDED_PRODUCT, ENDED_IN_JOB, ENDED_CREATED, ENDED_UPDATED, ENDED_PROGRESS, ENDED_LANGUAGE, ENDED_MS };
static struct pg_stmt keep_state = PG_STMT("update", "analysis_requests",
    "UPDATE analysis_requests SET state = $2::jsonb WHERE task_id = $1");

static struct str
outcome_json(struct arena *mem, const struct analysis_outcome *o, struct str words, const struct pg_rows *r)
{
	struct str sentiment = json_obj(mem, JD("positive", o->positive), JD("negative", o->negative),
	    JD("neutral", o->neutral));

	return json_obj(mem, JS("productId", o->product_id), JR("sentiment", sentiment), JS("summary", o->summary),
	    JR("keywords", words), JI("totalReviews", o->total), JN("createdAt", pg_value(r, 0, ENDED_CREATED)),
	    JN("updatedAt", pg_value(r, 0, ENDED_UPDATED)));
}

/* The effects of an analysis that ends. */
static void
outcome_effects(struct effects *effects, const struct analysis_outcome *o, const struct analysis_update *u,
    struct str payload)
{
	struct arena *mem = effects_arena(effects);

	effects_del(effects, arena_key(mem, "analysis_lock", o->product_id));
	effects_del(effects, arena_key(mem, "analysis_queue", o->product_id));
	if (u->results.p != NULL) {
		effects_set(effects, arena_key(mem, "analysis:result", o->product_id), u->results,
		    answer_ttl(conf.cache_result_ttl));
		effects_set(effects, arena_key(mem, "analysis_cache", o->product_id), u->results,
		    answer_ttl(conf.analysis_cache_ttl));
	}
	analysis_state_effects(effects, u, payload);
	if (u->results.p == NULL)
		failure_effects(effects,
		    "analysis", &(struct failure){ .request_id = o->request_id, .type = "analysis-error",
		    .message = u->message, .severity = "high", .details = json_value(mem, o->error) });
}

/* The waiting users leave the queue and are notified. */
static struct pg_stmt leave_queue = PG_STMT("delete", "analysis_queue",
    "WITH gone AS (DELETE FROM analysis_queue WHERE task_id = $1 RETURNING user_id) SELECT DISTINCT user_id FROM gone");

static int
notify_waiting(struct pg *pg, struct effects *effects, const struct analysis_outcome *o, bool completed,
    const char *language)
{
	struct arena *mem = effects_arena(effects);
	struct notification n = {
		.type = "analysis",
		.title = analysis_text(completed ? TEXT_TITLE_COMPLETED : TEXT_TITLE_FAILED, language),
		.source_id = arena_key(mem, "analysis", o->request_id),
	};
	struct pg_rows r;
	int rc, i;

	n.message = arena_printf(mem, "%s%s", o->product_id, analysis_text(completed
	    ? TEXT_TELL_COMPLETED : TEXT_TELL_FAILED, language));
	n.data = json_obj(mem, JS("productId", o->product_id), JS("requestId", o->request_id), JS("status", o->status));
	if ((rc = pg_query(pg, &r, &leave_queue, pg_text(o->request_id))) < 0)
		return rc;
	for (i = 0; i < r.n; i++) {
		n.user = pg_string(&r, i, 0);
		if ((rc = notification_add(pg, effects, &n)) < 0 && rc != E_CONFLICT && rc != E_NOT_FOUND)
			return rc;
	}
	return 0;
}

int
analysis_on_result(struct pg *pg, struct effects *effects, const struct analysis_outcome *o)
{
	struct arena *mem = effects_arena(effects);
	bool completed = strcmp(o->status, "completed") == 0;
	struct str words = keyword_words(mem, o->keywords);
	struct analysis_update u = {
		.request_id = o->request_id, .product_id = o->product_id, .status = o->status,
		.current_step = 4, .total_steps = 4, .total = o->total, .processed = o->total,
	};
	const char *language;
	struct str payload;
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &finish_task, pg_text(o->request_id), pg_text(o->status), pg_num(o->positive),
	    pg_num(o->negative), pg_num(o->neutral), pg_text(o->summary), pg_text(words.p), pg_text(o->error),
	    pg_int(o->total), pg_text(o->keywords != NULL ? json_text(mem, o->keywords).p : "[]"),
	    pg_text(language_code(language_find(o->language))));
	if (rc < 0)
		return rc;
	if (r.n == 0)
		return why_unchanged(pg, o->request_id);
	if (strcmp(pg_string(&r, 0, ENDED_PRODUCT), o->product_id) != 0)
		return E_VALIDATION;
	language = pg_string(&r, 0, ENDED_LANGUAGE);
	u.message = analysis_text(completed ? TEXT_COMPLETED : TEXT_FAILED, language);
	u.progress = pg_integer(&r, 0, ENDED_PROGRESS);
	if (completed)
		analysis_pace_add(pg_integer(&r, 0, ENDED_MS));
	if (completed)
		u.results = outcome_json(mem, o, words, &r);
	payload = analysis_update_json(mem, &u);
	if ((rc = pg_query(pg, NULL, &keep_state, pg_text(o->request_id), pg_text(payload.p))) < 0)
		return rc;
	metric_add(M_ANALYSES, completed ? 3 : 4, 1);
	pg_wrote(o->product_id);
	outcome_effects(effects, o, &u, payload);
	if ((rc = notify_waiting(pg, effects, o, completed, language)) < 0)
		return rc;
	return *pg_string(&r, 0, ENDED_IN_JOB) == 't' ? batch_task_effects(pg, effects, o->request_id) : 0;
}
