/* failure.c -- `error` events: Dure's own, and those that other services report. See failure.h. */
#include "failure.h"

#include "base/err.h"
#include "base/log.h"

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
	    JS("message", f->message),
	    JR("details", f->details.p != NULL ? f->details : STR("null")), JS("severity", f->severity));

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

int
failure_on_topic(struct pg *pg, struct effects *effects, const struct failure *f, const char *error_id)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg, &r, &add_error, pg_text(error_id), pg_text(f->type), pg_text(f->severity),
	    pg_text(f->message), pg_text(f->request_id), pg_text(f->details.p));
	if (rc < 0)
		return rc;
	if (r.affected == 0)
		return E_CONFLICT;
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
