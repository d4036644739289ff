/* failure.c -- `error` events: Dure's own, and those that other services report. See failure.h. */
#include "failure.h"

#include "base/err.h"
#include "base/log.h"
#include "outbox.h"

const char *
failure_room(struct arena *mem, const char *request_id)
{
	return arena_printf(mem, "error:%s", request_id);
}

void
failure_effects(struct effects *effects, const char *kind, const struct failure *f)
{
	struct arena *mem = effects_arena(effects);
	const char *alias = failure_room(mem, f->request_id);
	struct str payload = json_obj(mem, JS("type", f->type), JS("requestId", f->request_id),
	    JS("message", f->message), JR("details", f->details.p != NULL ? f->details : STR("null")),
	    JS("severity", f->severity), JIF(f->step != NULL, JS("step", f->step)));

	effects_room(effects, arena_printf(mem, "%s:%s", kind, f->request_id),
	    ROOM_STATE, "error", alias, payload, false);
	effects_room(effects, alias, ROOM_STATE, "error", alias, payload, true);
}

static struct pg_stmt add_error = PG_STMT("insert", "error_notifications",
    "INSERT INTO error_notifications (error_id, type, severity, message, request_id, details)"
    " VALUES ($1, $2, $3, $4, $5, $6::jsonb)"
    " ON CONFLICT (error_id) DO NOTHING");
static struct pg_stmt find_kind = PG_STMT("select", "analysis_requests",
    "SELECT CASE WHEN EXISTS (SELECT FROM analysis_requests WHERE task_id = $1) THEN 'analysis'"
    "   WHEN EXISTS (SELECT FROM search_sessions WHERE message_id = $1) THEN 'search'"
    "   WHEN EXISTS (SELECT FROM batch_jobs WHERE job_id = $1) THEN 'batch' WHEN $2 LIKE 'search%' THEN 'search'"
    "   WHEN $2 LIKE 'batch%' THEN 'batch' ELSE 'analysis' END");

static int
store_error(struct pg *pg, const struct failure *f, const char *error_id)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &add_error, pg_text(error_id), pg_text(f->type), pg_text(f->severity),
	    pg_text(f->message), pg_text(f->request_id), pg_text(f->details.p));
	return rc < 0 ? rc : r.affected == 0 ? E_CONFLICT : 0;
}

int
failure_report(struct pg *pg, struct effects *effects, const char *kind, const struct failure *f, const char *error_id,
    const char *key)
{
	struct outbox_message m = { .topic = "error-notifications", .key = key, .message_id = error_id, .type =
	    "error" };
	int rc;

	m.payload = json_obj(effects_arena(effects), JS("errorId", error_id), JS("type", f->type),
	    JS("severity", f->severity), JS("message", f->message), JS("requestId", f->request_id),
	    JIF(f->step != NULL, JS("step", f->step)), JIF(f->details.p != NULL, JR("details", f->details)),
	    JT("timestamp", now_ms()));
	if ((rc = store_error(pg, f, error_id)) < 0 || (rc = outbox_add(pg, &m)) < 0)
		return rc;
	effects_outbox(effects);
	failure_effects(effects, kind, f);
	return 0;
}

/* The length of a code at the beginning, of capitals, digits and underscores and followed by ": "; 0: none. */
static size_t
code_length(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && text[n] == ':' && text[n + 1] == ' ' ? n : 0;
}

struct str
failure_reason(struct arena *mem, const char *text)
{
	size_t n;

	if (text == NULL)
		return STR("null");
	n = code_length(text);
	return json_obj(mem, JS("code", n > 0 ? arena_copy(mem, text, n) : "ANALYSIS_FAILED"),
	    JS("message", n > 0 ? text + n + 2 : text));
}

int
failure_on_topic(struct pg *pg, struct effects *effects, const struct failure *f, const char *error_id)
{
	struct pg_rows r;
	int rc;

	if ((rc = store_error(pg, f, error_id)) < 0)
		return rc;
	log_warn("another service reports an error", JS("type", f->type), JS("severity", f->severity),
	    JS("error", f->message), JS("about", f->request_id));
	if (f->request_id == NULL)
		return 0;
	if ((rc = pg_query(pg, &r, &find_kind, pg_text(f->request_id), pg_text(f->type))) == 0)
		failure_effects(effects, pg_string(&r, 0, 0), f);
	return rc;
}

enum { REQUEST, TYPE, SEVERITY, MESSAGE, DETAILS };	/* columns */
static struct pg_stmt stored_since = PG_STMT("select", "error_notifications",
    "SELECT request_id, type, severity, message, details::text"
    " FROM error_notifications"
    " WHERE request_id IS NOT NULL AND created_at >= to_timestamp($1::double precision / 1000)"
    " ORDER BY id");

int
failure_republish(struct effects *effects, int64_t since_ms)
{
	struct pg_rows r, kind;
	int rc, i;

	rc = pg_query(pg_shared(), &r, &stored_since, pg_int(since_ms));
	for (i = 0; rc == 0 && i < r.n; i++) {
		struct failure f = {
			.request_id = pg_string(&r, i, REQUEST), .type = pg_string(&r, i, TYPE),
			.message = pg_string(&r, i, MESSAGE), .severity = pg_string(&r, i, SEVERITY),
			.details = pg_value(&r, i, DETAILS),
		};

		if ((rc = pg_query(pg_shared(), &kind, &find_kind, pg_text(f.request_id), pg_text(f.type))) == 0)
			failure_effects(effects, pg_string(&kind, 0, 0), &f);
	}
	return rc;
}
