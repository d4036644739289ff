/* analysis_course.c -- reads the courses of analyses (realtime_analysis_sessions), for users and operators. See
 * analysis.h. Yields: all.
 *
 * The rows are written by the statements that start, advance, resend and end an analysis (analysis_start.c,
 * analysis_topic.c, analysis_revive.c), in the same transactions. A stage is a new step or ten per cent more; progress
 * between two stages is taken from the request.
 */
#include "analysis.h"

#include "base/err.h"

/* An ended course is complete in its document; a running one takes its state from its request and its queue. */
#define COURSE(more) \
	"json_strip_nulls(json_build_object('taskId', s.task_id, 'productId', s.product_id, 'kind', s.doc -> 'kind'," \
	"   'status', CASE WHEN s.doc ? 'endedAt' THEN s.doc ->> 'status' ELSE coalesce(r.status, s.doc ->> 'status') END," \
	"   'progress', CASE WHEN s.doc ? 'endedAt' THEN (s.doc ->> 'progress')::int" \
	"     ELSE coalesce(r.progress, (s.doc ->> 'progress')::int) END," \
	"   'startedAt', iso(s.started_at), 'endedAt', s.doc -> 'endedAt', 'durationMs', s.doc -> 'durationMs'," \
	"   'totalReviews', s.doc -> 'totalReviews'," \
	"   'waiting', coalesce((s.doc ->> 'waiting')::bigint," \
	"     (SELECT count(DISTINCT q.user_id) FROM analysis_queue q WHERE q.task_id = s.task_id))," \
	more \
	"   'error', s.doc -> 'error', 'stages', s.doc -> 'stages'))"
#define COURSE_USERS \
	"   'userId', s.user_id," \
	"   'waitingUsers', CASE WHEN NOT s.doc ? 'endedAt' AND $5::boolean" \
	"     THEN (SELECT json_agg(DISTINCT q.user_id) FROM analysis_queue q WHERE q.task_id = s.task_id) END,"

static struct pg_stmt find_course = PG_STMT("select", "realtime_analysis_sessions",
    "SELECT " COURSE("") "::text"
    " FROM realtime_analysis_sessions s LEFT JOIN analysis_requests r ON r.task_id = s.task_id"
    " WHERE s.task_id = $1 LIMIT 1");

/* Selects the page first, so that no document is built for other rows. */
static struct pg_stmt page_courses = PG_STMT("select", "realtime_analysis_sessions",
    "WITH page AS ("
    "  SELECT * FROM realtime_analysis_sessions"
    "  WHERE ($1::text IS NULL OR product_id = $1) AND ($2::text IS NULL OR doc ->> 'status' = $2) AND seq < $3"
    "  ORDER BY seq DESC LIMIT $4)"
    " SELECT coalesce(json_agg(" COURSE(COURSE_USERS) " ORDER BY s.seq DESC), '[]')::text, min(s.seq), count(*)"
    " FROM page s LEFT JOIN analysis_requests r ON r.task_id = s.task_id");
enum { PAGE_LIST, LAST_SEQ, PAGE_COUNT };

int
analysis_course(const char *task_id, struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &find_course, pg_text(task_id))) < 0)
		return rc;
	*json = pg_value(&r, 0, 0);
	return 0;
}

int
analysis_courses(struct arena *mem, const struct caller *who, const struct course_filter *f, struct str *list,
    const char **next)
{
	int64_t before = INT64_MAX;
	struct pg_rows r;
	int rc;

	if (f->cursor != NULL && !parse_int(f->cursor, 1, INT64_MAX, &before))
		return E_VALIDATION;
	rc = pg_query(who->admin ? pg_shared() : pg_as(who->user), &r, &page_courses, pg_text(f->product_id),
	    pg_text(f->status), pg_int(before), pg_int(f->limit), pg_bool(who->admin));
	if (rc < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < f->limit ? NULL : arena_printf(mem, "%lld",
	    (long long)pg_integer(&r, 0, LAST_SEQ));
	return 0;
}
