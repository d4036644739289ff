/* analysis_text.c -- the texts of an analysis: keys, payloads, what its changes tell. See analysis_text.h. */
#include "analysis_text.h"
#include "answer.h"

#include "base/conf.h"
#include "base/err.h"
#include "room.h"

const char *
analysis_key(struct arena *mem, const char *prefix, const char *id)
{
	size_t a = strlen(prefix), b = strlen(id);
	char *key = arena_alloc(mem, a + b + 2);

	memcpy(key, prefix, a);
	key[a] = ':';
	memcpy(key + a + 1, id, b + 1);
	return key;
}

static struct str
stats_json(struct arena *mem, const struct analysis_update *u)
{
	return json_obj(mem, JI("positive", u->positive), JI("negative", u->negative), JI("neutral", u->neutral));
}

struct str
analysis_update_json(struct arena *mem, const struct analysis_update *u)
{
	return json_obj(mem, JS("requestId", u->request_id), JS("productId", u->product_id), JS("status", u->status),
	    JI("progress", u->progress), JS("message", u->message), JI("estimatedTime", u->estimated_s),
	    JI("currentStep", u->current_step), JI("totalSteps", u->total_steps),
	    JIF(u->total >= 0, JI("totalReviews", u->total)), JIF(u->processed >= 0, JI("processedReviews", u->processed)),
	    JIF(u->counted, JR("stats", stats_json(mem, u))),
	    JIF(u->results.p != NULL, JR("results", u->results)));
}

struct str
analysis_status_fields(struct arena *mem, const char *status, int64_t progress, int64_t estimated_s)
{
	struct str obj = json_obj(mem, JS("status", status), JI("progress", progress), JI("estimatedTime", estimated_s));

	return (struct str){ obj.p + 1, obj.n - 2 };
}

static const char *
number_text(struct arena *mem, int64_t n)
{
	return arena_printf(mem, "%lld", (long long)n);
}

/* The progress hash, under the field names that other services read. */
static void
news_progress(struct news *w, const struct analysis_update *u)
{
	struct arena *mem = news_arena(w);
	char *now = arena_alloc(mem, TIME_TEXT_BYTES), *end = arena_alloc(mem, TIME_TEXT_BYTES);
	const char *fields[] = {
		"status", u->status, "progress", number_text(mem, u->progress),
		"current_step", number_text(mem, u->current_step),
		"total_reviews", number_text(mem, u->total > 0 ? u->total : 0),
		"processed_reviews", number_text(mem, u->processed > 0 ? u->processed : 0),
		"estimated_completion", time_text(end, now_ms() + u->estimated_s * 1000),
		u->progress == 0 ? "started_at" : NULL, time_text(now, now_ms()), NULL,
	};
	const char **copy = arena_alloc(mem, sizeof(fields));

	memcpy(copy, fields, sizeof(fields));
	news_hash(w, analysis_key(mem, "analysis_progress", u->request_id), copy, conf.analysis_progress_ttl);
}

static void
news_stats(struct news *w, const struct analysis_update *u)
{
	struct arena *mem = news_arena(w);
	const char *key = analysis_key(mem, "analysis_stats", u->request_id);
	char *now = arena_alloc(mem, TIME_TEXT_BYTES);
	const char *fields[] = {
		"positive", number_text(mem, u->positive), "negative", number_text(mem, u->negative),
		"neutral", number_text(mem, u->neutral),
		"total_processed", number_text(mem, u->positive + u->negative + u->neutral),
		"last_updated", time_text(now, now_ms()), NULL,
	};
	const char **copy = arena_alloc(mem, sizeof(fields));

	memcpy(copy, fields, sizeof(fields));
	news_hash(w, key, copy, conf.analysis_progress_ttl);
	news_publish(w, key, stats_json(mem, u));
}

void
analysis_news_state(struct news *w, const struct analysis_update *u, struct str payload)
{
	struct arena *mem = news_arena(w);

	news_progress(w, u);
	news_set(w, analysis_key(mem, "analysis:status", u->product_id),
	    analysis_status_fields(mem, u->status, u->progress, u->estimated_s), answer_ttl(conf.cache_status_ttl));
	news_room(w, analysis_key(mem, "analysis", u->request_id), ROOM_PROGRESS, "analysis-update",
	    analysis_key(mem, "analysis", u->request_id), payload, true);
	news_publish(w, analysis_key(mem, "analysis_updates", u->request_id), payload);
	if (u->counted)
		news_stats(w, u);
}

#define JOB_COLUMNS \
	"j.job_id, count(*), count(*) FILTER (WHERE r.status = 'completed'), count(*) FILTER (WHERE r.status = 'failed'), " \
	"floor(avg(CASE WHEN r.status IN ('completed', 'failed') THEN 100 ELSE r.progress END))::int, " \
	"json_agg(json_build_object('requestId', r.task_id, 'productId', r.product_id, 'status', r.status, 'progress', r.progress) " \
	"ORDER BY r.product_id)"
static struct pg_stmt jobs_of_task = PG_STMT("select", "analysis_jobs",
    "SELECT " JOB_COLUMNS " FROM analysis_jobs m JOIN analysis_jobs j USING (job_id) "
    "JOIN analysis_requests r ON r.task_id = j.task_id WHERE m.task_id = $1 GROUP BY j.job_id");
static struct pg_stmt one_job = PG_STMT("select", "analysis_jobs",
    "SELECT " JOB_COLUMNS " FROM analysis_jobs j JOIN analysis_requests r USING (task_id) WHERE j.job_id = $1 GROUP BY j.job_id");

/* The payload of batch-update of one row of JOB_COLUMNS. */
static struct str
job_json(struct arena *mem, const struct pg_rows *r, int row)
{
	int64_t total = pg_integer(r, row, 1), completed = pg_integer(r, row, 2), failed = pg_integer(r, row, 3);
	bool ended = completed + failed == total;

	return json_obj(mem, JS("jobId", pg_string(r, row, 0)),
	    JS("status", !ended ? "processing" : failed == total ? "failed" : "completed"),
	    JI("progress", pg_integer(r, row, 4)), JI("total", total), JI("completed", completed), JI("failed", failed),
	    JR("tasks", pg_value(r, row, 5)));
}

int
analysis_news_jobs(struct pg *pg, struct news *w, const char *task_id)
{
	struct arena *mem = news_arena(w);
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg, &r, &jobs_of_task, pg_text(task_id))) < 0)
		return rc;
	for (i = 0; i < r.n; i++) {
		const char *room = analysis_key(mem, "batch", pg_string(&r, i, 0));

		news_room(w, room, ROOM_PROGRESS, "batch-update", room, job_json(mem, &r, i), true);
	}
	return 0;
}

int
analysis_batch_state(struct arena *mem, const char *job_id, struct str *payload)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &one_job, pg_text(job_id))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	*payload = job_json(mem, &r, 0);
	return 0;
}
