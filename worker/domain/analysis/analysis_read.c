/* analysis_read.c -- what clients ask about analyses: status, result, and the state for late subscribers.
 *
 * What runs is as its progress hash says (analysis_running.c). Else cache-aside: the values under
 * analysis:status:{productId} and analysis:result:{productId} are the bytes to be sent, spliced into the envelope. Hot
 * ones are held in this process (link/near.h): such an answer waits for nothing. Without Redis the answers come from
 * the tables.
 */
#include "analysis.h"

#include "analysis_pace.h"
#include "analysis_text.h"
#include "base/conf.h"
#include "base/err.h"
#include "worker/domain/core/answer_cache.h"

static struct str
splice(struct arena *mem, const char *head, struct str value, const char *tail)
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
    "  iso(created_at),"
    " coalesce((state ->> 'currentStep')::bigint, 0), greatest((state ->> 'totalReviews')::bigint, 0),"
    "   greatest((state ->> 'processedReviews')::bigint, 0),"
    " floor(extract(epoch FROM updated_at) * 1000)::bigint"
    " FROM analysis_requests WHERE product_id = $1 ORDER BY created_at DESC LIMIT 1");
enum { STATUS, PROGRESS, ESTIMATED, TASK, LOCK, STARTED, STEP, TOTAL, PROCESSED, UPDATED };

static bool
is_running(const char *status)
{
	return strcmp(status, "pending") == 0 || strcmp(status, "processing") == 0;
}

static void
refill(struct arena *mem, const char *product_id, const struct pg_rows *r)
{
	struct analysis_stored s = { .task_id = pg_string(r, 0, TASK), .status = pg_string(r, 0, STATUS),
	    .lock = pg_string(r, 0, LOCK), .started = pg_string(r, 0, STARTED),
	    .progress = pg_integer(r, 0, PROGRESS), .step = pg_integer(r, 0, STEP), .total = pg_integer(r, 0, TOTAL),
	    .processed = pg_integer(r, 0, PROCESSED), .estimated_s = pg_integer(r, 0, ESTIMATED),
	    .updated_ms = pg_integer(r, 0, UPDATED) };

	analysis_running_refill(mem, product_id, &s);
}

/* From the store; of what runs only where its progress hash says nothing, and then that is not kept. */
static int
make_status(struct arena *mem, const char *product_id, struct answer *out)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &find_status, pg_text(product_id), pg_int(analysis_pace_s()))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	out->value = analysis_status_fields(mem, pg_string(&r, 0, STATUS), pg_integer(&r, 0, PROGRESS),
	    pg_integer(&r, 0, ESTIMATED));
	if (is_running(pg_string(&r, 0, STATUS))) {
		out->passing = true;
		out->cached = analysis_running_task(mem, pg_string(&r, 0, TASK), &out->value);
		refill(mem, product_id, &r);
	}
	return 0;
}

/* Whether a kept status is of something that ran when it was kept. */
static bool
says_running(struct str fields)
{
	static const char *const words[] = { "\"status\":\"pending\"", "\"status\":\"processing\"" };
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (fields.n > strlen(words[i]) && memcmp(fields.p, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static int
find_stored_status(struct arena *mem, const char *product_id, struct answer *a)
{
	const char *key = arena_key(mem, "analysis:status", product_id);
	int rc;

	if (answer_kept(key, a, &rc)) {
		if (rc < 0 || !says_running(a->value))
			return rc;
		*a = (struct answer){ .status = 200 };		/* its hash would have said so by now */
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
	*body = splice(mem, "{", a.value, a.cached ? ",\"fromCache\":true}" : ",\"fromCache\":false}");
	return 0;
}

/* The latest request of the product and, when it has ended, its result. */
static struct pg_stmt find_result = PG_STMT("select", "analysis_results",
    "SELECT q.status, q.progress, coalesce((q.state ->> 'estimatedTime')::bigint, 0), r.sentiment_positive, "
    "r.sentiment_negative, r.sentiment_neutral, r.summary, r.keywords, r.total_reviews, iso(r.created_at), "
    "iso(r.updated_at), r.error FROM analysis_requests q LEFT JOIN analysis_results r ON r.task_id = q.task_id "
    "WHERE q.product_id = $1 ORDER BY q.created_at DESC LIMIT 1");

static struct str
result_json(struct arena *mem, const char *product_id, const struct pg_rows *r)
{
	struct str sentiment = json_obj(mem, JD("positive", pg_number(r, 0, 3)), JD("negative", pg_number(r, 0, 4)),
	    JD("neutral", pg_number(r, 0, 5)));

	return json_obj(mem, JS("productId", product_id), JR("sentiment", sentiment), JN("summary", pg_value(r, 0, 6)),
	    JR("keywords", pg_value(r, 0, 7)), JI("totalReviews", pg_integer(r, 0, 8)),
	    JN("createdAt", pg_value(r, 0, 9)), JN("updatedAt", pg_value(r, 0, 10)));
}

/* A running, failed or unfinished analysis: what there is to say instead of a result. */
static struct str
pending_json(struct arena *mem, const struct pg_rows *r, int *status)
{
	const char *word = pg_string(r, 0, 0);
	bool failed = strcmp(word, "failed") == 0;

	*status = failed ? 200 : 202;
	return json_obj(mem, JB("success", !failed), JS("status", word), JI("progress", pg_integer(r, 0, 1)),
	    JI("estimatedTime", pg_integer(r, 0, 2)), JIF(failed, JN("error", pg_value(r, 0, 11))), JB("fromCache", 0));
}

/* From the copy that other services read and that lives longer, else from the tables. */
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
	if ((rc = pg_query(pg_shared(), &r, &find_result, pg_text(product_id))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	out->passing = strcmp(pg_string(&r, 0, 0), "completed") != 0;
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
			*body = splice(mem, "{\"success\":true,", fields, ",\"fromCache\":false}");
			return 0;
		}
		rc = answer_find(mem, key, conf.cache_result_ttl, make_result, product_id, &a);
	}
	if (rc < 0)
		return rc;
	*status = a.status;
	*body = a.passing ? a.value : splice(mem, "{\"success\":true,\"status\":\"completed\",\"result\":", a.value,
	    a.cached ? ",\"fromCache\":true}" : ",\"fromCache\":false}");
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
	if ((rc = pg_query(pg_shared(), &r, &find_state, pg_text(task_id))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	*payload = pg_value(&r, 0, 0);
	return 0;
}
