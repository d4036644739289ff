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

static struct pg_stmt find_progress = PG_STMT("select", "analysis_requests",
    "SELECT progress FROM analysis_requests WHERE task_id = $1");

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

/* The fields, then the other members as sent. */
static struct str
with_others(struct arena *mem, const struct json_field *f, size_t n, const struct json *body)
{
	struct buf b = { 0 };

	buf_byte(&b, '{');
	json_put_fields(&b, f, n);
	json_put_others(&b, body, f, n, NULL);
	buf_byte(&b, '}');
	return buf_to_arena(mem, &b);
}

/* {"code","message"} as the topics have it: "CODE: text". */
static struct json_field
reword_error(struct arena *mem, const struct json *error)
{
	const char *code = json_str(json_get(error, "code")), *text = json_str(json_get(error, "message"));

	if (error == NULL || json_type(error) != JSON_OBJECT)
		return copy_member(mem, "error", error);
	return JS("error", code == NULL && text == NULL ? json_text(mem, error).p : arena_printf(mem, "%s%s%s",
	    code != NULL ? code : "", code != NULL && text != NULL ? ": " : "", text != NULL ? text : ""));
}

static struct str
reword_outcome(struct arena *mem, const char *task, const struct json *body)
{
	const struct json *result = any_of(body, "results", "result"), *from = result != NULL ? result : body;
	const struct json_field f[] = {
		JS("requestId", task), copy_member(mem, "status", json_get(body, "status")),
		copy_member(mem, "sentiment", json_get(from, "sentiment")),
		copy_member(mem, "summary", json_get(from, "summary")),
		copy_member(mem, "language", json_get(from, "language")),
		copy_member(mem, "keywords", json_get(from, "keywords")),
		copy_member(mem, "totalReviews", any_of(from, "totalReviews", "total_reviews")),
		reword_error(mem, json_get(body, "error")),
	};

	return with_others(mem, f, NELEM(f), body);
}

/* The progress, as given or as it is stored. */
static int
progress_member(struct kmsg *k, const char *task, const struct json *body, struct json_field *out)
{
	const struct json *given = any_of(body, "progress", "progress");
	struct pg_rows r;
	int rc;

	*out = copy_member(k->mem, "progress", given);
	if (given != NULL)
		return 0;
	if ((rc = pg_query(k->pg, &r, &find_progress, pg_text(task))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	*out = JI("progress", pg_integer(&r, 0, 0));
	return 0;
}

static int
reword_progress(struct kmsg *k, const char *task, const struct json *body, struct str *out)
{
	struct arena *mem = k->mem;
	struct json_field f[] = {
		JS("requestId", task), { .kind = FIELD_SKIP },
		copy_member(mem, "totalSteps", any_of(body, "totalSteps", "total_steps")),
		copy_member(mem, "estimatedTime", any_of(body, "estimatedTime", "estimated_time")),
		copy_member(mem, "totalReviews", any_of(body, "totalReviews", "total_reviews")),
		copy_member(mem, "processedReviews", any_of(body, "processedReviews", "processed_reviews")),
	};
	int rc;

	if ((rc = progress_member(k, task, body, &f[1])) == 0)
		*out = with_others(mem, f, NELEM(f), body);
	return rc;
}

static int
on_updates(struct kmsg *k, struct kafka_message *m, const char *task, const struct json *body)
{
	const struct json *card = json_get(body, "card"), *status = json_get(body, "status");
	struct str value;
	int rc = 0;

	if (card != NULL)
		set_message(m, "realtime-status", "sentiment-card", json_obj(k->mem, JS("requestId", task),
		    copy_member(k->mem, "card", card)));
	else if (is_word(status, "completed") || is_word(status, "failed"))
		set_message(m, "analysis-results", "result", reword_outcome(k->mem, task, body));
	else if ((rc = reword_progress(k, task, body, &value)) == 0)
		set_message(m, "realtime-status", "progress", value);
	return rc;
}

/* Counts alone: the task's progress is unchanged. */
static int
on_stats(struct kmsg *k, struct kafka_message *m, const char *task, const struct json *body)
{
	struct json_field progress;
	int rc;

	if ((rc = progress_member(k, task, NULL, &progress)) < 0)
		return rc;
	set_message(m, "realtime-status", "progress", json_obj(k->mem, JS("requestId", task), progress,
	    copy_member(k->mem, "processedReviews", any_of(body, "processedReviews", "total_processed")),
	    copy_member(k->mem, "stats", body)));
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
	P_STR(FROM_JSON, struct note_in, message, "message", OPTIONAL, 1, 4000),
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
	if (in.type == NULL && in.message == NULL) {
		k->reason = "message: is required where there is no type";
		return E_VALIDATION;
	}
	n.type = in.type != NULL ? in.type : "notice";
	n.title = in.title;
	n.message = in.message;
	n.sent = body;
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
