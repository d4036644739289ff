/* reword.c -- see reword.h. Yields: the functions that look up a task or store a notification. */
#include "reword.h"

#include "base/err.h"
#include "worker/domain/core/notification.h"

/* A member under either of its names. */
static const struct json *
any_of(const struct json *body, const char *a, const char *b)
{
	const struct json *v = json_get(body, a);

	if (v == NULL)
		v = json_get(body, b);
	return v != NULL && json_type(v) != JSON_NULL ? v : NULL;
}

static struct json_field
copy_member(struct arena *mem, const char *name, const struct json *v)
{
	return JIF(v != NULL, JR(name, v != NULL ? json_text(mem, v) : STR("")));
}

static struct pg_stmt find_task = PG_STMT("select", "analysis_requests",
    "SELECT product_id, progress, state::text FROM analysis_requests WHERE task_id = $1");
enum { PRODUCT, PROGRESS, STATE };

static int
need_task(struct kmsg *k, const char *task, struct pg_rows *r)
{
	int rc = pg_query(k->pg, r, &find_task, pg_text(task));

	return rc < 0 ? rc : r->n == 0 ? E_NOT_FOUND : 0;
}

static bool
is_word(const struct json *v, const char *want)
{
	return json_str(v) != NULL && strcmp(json_str(v), want) == 0;
}

static void
set_message(struct kafka_message *m, const char *topic, const char *type, struct str value)
{
	m->topic = topic;
	m->type = type;
	m->value = value;
}

static struct str
reword_outcome(struct kmsg *k, const char *task, const char *product, const struct json *body)
{
	const struct json *result = any_of(body, "results", "result"), *from = result != NULL ? result : body;

	return json_obj(k->mem, JS("requestId", task), JS("productId", product),
	    copy_member(k->mem, "status", json_get(body, "status")),
	    copy_member(k->mem, "sentiment", json_get(from, "sentiment")),
	    copy_member(k->mem, "summary", json_get(from, "summary")),
	    copy_member(k->mem, "language", json_get(from, "language")),
	    copy_member(k->mem, "keywords", json_get(from, "keywords")),
	    copy_member(k->mem, "totalReviews", any_of(from, "totalReviews", "total_reviews")),
	    copy_member(k->mem, "error", json_get(body, "error")));
}

/* Missing members keep their stored values. `counts`: the numbers of `stats` are members of the body itself. */
static int
reword_progress(struct kmsg *k, const char *task, const struct pg_rows *r, const struct json *body, bool counts,
    struct str *out)
{
	const struct json *state = NULL, *progress = json_get(body, "progress"), *stats = counts
	    ? body : json_get(body, "stats");
	struct arena *mem = k->mem;
	int rc;

	if ((rc = json_parse(mem, pg_string(r, 0, STATE), pg_value(r, 0, STATE).n, &state)) < 0)
		return rc;
#define KEPT(name, other) copy_member(mem, name, any_of(body, name, other) != NULL ? any_of(body, name, other) \
	: json_get(state, name))
	*out = json_obj(mem, JS("requestId", task), JS("productId", pg_string(r, 0, PRODUCT)),
	    progress != NULL ? copy_member(mem, "progress", progress) : JI("progress", pg_integer(r, 0, PROGRESS)),
	    KEPT("message", "message"), KEPT("currentStep", "current_step"), KEPT("totalSteps", "total_steps"),
	    KEPT("estimatedTime", "estimated_time"), KEPT("totalReviews", "total_reviews"),
	    copy_member(mem, "processedReviews", any_of(body, "processedReviews", counts ? "total_processed"
	    : "processed_reviews")), copy_member(mem, "stats", stats != NULL ? stats : json_get(state, "stats")));
#undef KEPT
	return 0;
}

static int
on_updates(struct kmsg *k, struct kafka_message *m, const char *task, const struct json *body)
{
	const struct json *card = json_get(body, "card"), *status = json_get(body, "status");
	const char *product;
	struct str value;
	struct pg_rows r;
	int rc;

	if ((rc = need_task(k, task, &r)) < 0)
		return rc;
	product = pg_string(&r, 0, PRODUCT);
	if (card != NULL)
		set_message(m, "realtime-status", "sentiment-card", json_obj(k->mem, JS("requestId", task),
		    JS("productId", product), copy_member(k->mem, "card", card)));
	else if (is_word(status, "completed") || is_word(status, "failed"))
		set_message(m, "analysis-results", "result", reword_outcome(k, task, product, body));
	else if ((rc = reword_progress(k, task, &r, body, false, &value)) == 0)
		set_message(m, "realtime-status", "progress", value);
	return rc;
}

/* Counts alone: the task's progress is unchanged. */
static int
on_stats(struct kmsg *k, struct kafka_message *m, const char *task, const struct json *body)
{
	struct str value;
	struct pg_rows r;
	int rc;

	if ((rc = need_task(k, task, &r)) < 0 || (rc = reword_progress(k, task, &r, body, true, &value)) < 0)
		return rc;
	set_message(m, "realtime-status", "progress", value);
	return 0;
}

/* Notifications have no topic: bound and stored here, as a handler would. */
struct note_in {
	const char	*type, *title, *message, *priority, *id;
	const struct json *data;
};
static const struct param note_params[] = {
	P_STR(FROM_JSON, struct note_in, type, "type", OPTIONAL, 1, 64),
	P_STR(FROM_JSON, struct note_in, title, "title", OPTIONAL, 0, 500),
	P_STR(FROM_JSON, struct note_in, message, "message", REQUIRED, 1, 4000),
	P_PICK(FROM_JSON, struct note_in, priority, "priority", OPTIONAL, "normal|high", "normal"),
	P_ID(FROM_JSON, struct note_in, id, "id", OPTIONAL),
	P_OBJ(FROM_JSON, struct note_in, data, "data", OPTIONAL),
	PARAM_END
};

static int
on_notification(struct kmsg *k, struct kafka_message *m, const char *user, const struct json *body)
{
	struct param_input from = { .body = body };
	struct param_faults faults;
	struct note_in in = { 0 };
	struct notification n = { .user = user };
	int rc;

	(void)m;
	if ((rc = param_bind(k->mem, note_params, &from, &in, &faults)) < 0) {
		k->reason = param_faults_text(k->mem, &faults, true);
		return rc;
	}
	n.type = in.type != NULL ? in.type : "notice";
	n.title = in.title != NULL ? in.title : "";
	n.message = in.message;
	n.priority = in.priority;
	n.source_id = in.id;
	if (in.data != NULL)
		n.data = json_text(k->mem, in.data);
	return notification_add(k->pg, k->effects, &n);
}

const struct channel_kind channel_kinds[CHANNEL_KINDS] = {
	{ "analysis_updates:", "analysis_updates:*", on_updates },
	{ "analysis_stats:", "analysis_stats:*", on_stats },
	{ "user_notifications:", "user_notifications:*", on_notification },
};
