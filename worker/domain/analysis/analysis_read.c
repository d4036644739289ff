/* analysis_read.c -- answers queries about analyses: status, result, and the state for late subscribers.
 *
 * A running analysis is answered from its progress hash (analysis_running.c). Everything else is cache-aside:
 * analysis:status:{productId} and analysis:result:{productId} hold JSON objects, spliced into the envelope. Hot
 * ones are in this process's near cache (link/near.h), whose answers need no round trip. Without Redis the tables
 * answer.
 */
#include "analysis.h"

#include "analysis_pace.h"
#include "analysis_text.h"
#include "base/conf.h"
#include "base/err.h"
#include "worker/domain/core/answer_cache.h"
#include "worker/domain/core/failure.h"

static struct str
splice_value(struct arena *mem, const char *head, struct str value, const char *tail)
{
	size_t h = strlen(head), t = strlen(tail);
	char *p = arena_alloc(mem, h + value.n + t + 1);

	memcpy(p, head, h);
	memcpy(p + h, value.p, value.n);
	memcpy(p + h + value.n, tail, t + 1);
	return (struct str){ p, h + value.n + t };
}

static struct pg_stmt find_status = PG_STMT("select", "analysis_requests",
    "SELECT status, progress, coalesce((state ->> 'estimatedTime')::bigint, 0), task_id, " ANALYSIS_LOCK_SQL("$2") ","
    "   iso(created_at), coalesce(state ->> 'step', state ->> 'currentStep', '0'),"
    "   greatest((state ->> 'totalReviews')::bigint, 0), greatest((state ->> 'processedReviews')::bigint, 0),"
    "   floor(extract(epoch FROM updated_at) * 1000)::bigint"
    " FROM analysis_requests WHERE product_id = $1"
    " ORDER BY created_at DESC LIMIT 1");
enum { STATUS, PROGRESS, ESTIMATED, TASK, LOCK, STARTED, STEP, TOTAL, PROCESSED, UPDATED };

static bool
is_running(const char *status)
{
	return strcmp(status, "pending") == 0 || strcmp(status, "processing") == 0;
}

static void
refill_progress(struct arena *mem, const char *product_id, const struct pg_rows *r)
{
	struct analysis_stored s = {
		.task_id = pg_string(r, 0, TASK), .status = pg_string(r, 0, STATUS), .lock = pg_string(r, 0, LOCK),
		.started = pg_string(r, 0, STARTED), .progress = pg_integer(r, 0, PROGRESS),
		.step = pg_string(r, 0, STEP), .total = pg_integer(r, 0, TOTAL),
		.processed = pg_integer(r, 0, PROCESSED), .estimated_s = pg_integer(r, 0, ESTIMATED),
		.updated_ms = pg_integer(r, 0, UPDATED),
	};

	analysis_running_refill(mem, product_id, &s);
}

/* From the tables. A running analysis is answered so only when its progress hash is missing, and that is not cached. */
static int
make_status(struct arena *mem, const char *product_id, struct answer *out)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &find_status, pg_text(product_id), pg_int(analysis_pace_s()))) < 0)
		return rc;
	out->value = analysis_status_fields(mem, pg_string(&r, 0, STATUS), pg_integer(&r, 0, PROGRESS),
	    pg_integer(&r, 0, ESTIMATED));
	if (is_running(pg_string(&r, 0, STATUS))) {
		out->passing = true;
		out->cached = analysis_running_task(mem, pg_string(&r, 0, TASK), &out->value);
		refill_progress(mem, product_id, &r);
	}
	return 0;
}

/* Whether a cached status may be answered with: a JSON object, not of an analysis that was running when it was cached,
 * whose hash would have answered. */
static bool
is_lasting(struct arena *mem, struct str value)
{
	static const char head[] = "{\"status\":\"completed\"";	/* as Dure writes most of them */
	const struct json *j;
	const char *status;

	if (value.n > sizeof(head) && value.p[value.n - 1] == '}' && memcmp(value.p, head, sizeof(head) - 1) == 0)
		return true;
	if (json_parse(mem, value.p, value.n, &j) < 0 || json_type(j) != JSON_OBJECT)
		return false;
	status = json_str(json_get(j, "status"));
	return status != NULL && !is_running(status);
}

static int
find_stored_status(struct arena *mem, const char *product_id, struct answer *a)
{
	const char *key = arena_key(mem, "analysis:status", product_id);
	int rc;

	if (answer_kept(key, a, &rc)) {
		if (rc < 0 || is_lasting(mem, a->value))
			return rc;
		*a = (struct answer){ .status = 200 };
		return make_status(mem, product_id, a);
	}
	return answer_find(mem, key, conf.cache_status_ttl, make_status, product_id, a);
}

int
analysis_status(struct arena *mem, const char *product_id, struct str *body)
{
	struct answer a = { .cached = true };
	int rc;

	if (!analysis_running(mem, product_id, &a.value) && (rc = find_stored_status(mem, product_id, &a)) < 0)
		return rc;
	while (a.value.p[--a.value.n] != '}')	/* another service may have written space behind it */
		;
	*body = splice_value(mem, "", a.value, a.cached ? ",\"fromCache\":true}" : ",\"fromCache\":false}");
	return 0;
}

/* The product's latest request and, once it has ended, its result. */
static struct pg_stmt find_result = PG_STMT("select", "analysis_results",
    "SELECT q.status, q.progress, coalesce((q.state ->> 'estimatedTime')::bigint, 0), r.sentiment_positive,"
    "   r.sentiment_negative, r.sentiment_neutral, r.summary, r.keywords, r.total_reviews, iso(r.created_at),"
    "   iso(r.updated_at), r.error, q.state ->> 'step'"
    " FROM analysis_requests q LEFT JOIN analysis_results r ON r.task_id = q.task_id"
    " WHERE q.product_id = $1 ORDER BY q.created_at DESC LIMIT 1");
enum { END_STATUS, END_PROGRESS, END_ESTIMATED, POSITIVE, NEGATIVE, NEUTRAL, SUMMARY, KEYWORDS, TOTAL_REVIEWS,
    CREATED_AT, UPDATED_AT, END_ERROR, END_STEP };

static struct str
result_json(struct arena *mem, const char *product_id, const struct pg_rows *r)
{
	struct str sentiment = json_obj(mem, JD("positive", pg_number(r, 0, POSITIVE)),
	    JD("negative", pg_number(r, 0, NEGATIVE)), JD("neutral", pg_number(r, 0, NEUTRAL)));

	return json_obj(mem, JS("productId", product_id), JR("sentiment", sentiment),
	    JN("summary", pg_value(r, 0, SUMMARY)),
	    JR("keywords", pg_value(r, 0, KEYWORDS)), JI("totalReviews", pg_integer(r, 0, TOTAL_REVIEWS)),
	    JN("createdAt", pg_value(r, 0, CREATED_AT)), JN("updatedAt", pg_value(r, 0, UPDATED_AT)));
}

/* The answer in place of a result, while there is none: running or failed. */
static struct str
pending_json(struct arena *mem, const struct pg_rows *r, int *status)
{
	const char *word = pg_string(r, 0, END_STATUS);
	bool failed = strcmp(word, "failed") == 0;

	*status = failed ? 200 : 202;
	return json_obj(mem, JB("success", !failed), JS("status", word), JI("progress", pg_integer(r, 0, END_PROGRESS)),
	    JI("estimatedTime", pg_integer(r, 0, END_ESTIMATED)), JIF(failed, JS("step", pg_string(r, 0, END_STEP))),
	    JIF(failed, JR("error", failure_reason(mem, pg_string(r, 0, END_ERROR)))),
	    JB("fromCache", 0));
}

/* From the longer-lived copy for other services, else from the tables. */
static int
make_result(struct arena *mem, const char *product_id, struct answer *out)
{
	struct pg_rows r;
	int rc;

	out->value = answer_peek(arena_key(mem, "analysis_cache", product_id));
	if (out->value.p != NULL) {
		out->value.p = arena_copy(mem, out->value.p, out->value.n);
		out->cached = true;
		return 0;
	}
	if ((rc = pg_need(pg_shared(), &r, &find_result, pg_text(product_id))) < 0)
		return rc;
	out->passing = strcmp(pg_string(&r, 0, END_STATUS), "completed") != 0;
	out->value = out->passing ? pending_json(mem, &r, &out->status) : result_json(mem, product_id, &r);
	return 0;
}

int
analysis_result(struct arena *mem, const char *product_id, struct str *body, int *status)
{
	const char *key = arena_key(mem, "analysis:result", product_id);
	struct str fields;
	struct answer a;
	int rc;

	if (!answer_kept(key, &a, &rc)) {
		if (analysis_running(mem, product_id, &fields)) {
			*status = 202;
			*body = splice_value(mem, "{\"success\":true,", (struct str){ fields.p + 1, fields.n - 2 },
			    ",\"fromCache\":false}");
			return 0;
		}
		rc = answer_find(mem, key, conf.cache_result_ttl, make_result, product_id, &a);
	}
	if (rc < 0)
		return rc;
	*status = a.status;
	*body = a.passing ? a.value : splice_value(mem, "{\"success\":true,\"status\":\"completed\",\"result\":",
	    a.value, a.cached ? ",\"fromCache\":true}" : ",\"fromCache\":false}");
	return 0;
}

static struct pg_stmt find_state = PG_STMT("select", "analysis_requests",
    "SELECT state FROM analysis_requests WHERE task_id = $1");

int
analysis_state(struct arena *mem, const char *task_id, struct str *payload)
{
	struct pg_rows r;
	int rc;

	(void)mem;
	if ((rc = pg_need(pg_shared(), &r, &find_state, pg_text(task_id))) < 0)
		return rc;
	*payload = pg_value(&r, 0, 0);
	return 0;
}
