/* batch_state.c -- a job's progress, from its analyses and from the reports of pipelines. See batch.h. */
#include "batch.h"

#include "base/err.h"
#include "base/language.h"
#include "batch_text.h"
#include "worker/domain/core/failure.h"
#include "worker/domain/core/notification.h"

#define COLUMNS \
	"count(r.task_id)," \
	"   count(*) FILTER (WHERE r.status = 'completed')," \
	"   count(*) FILTER (WHERE r.status = 'failed')," \
	"   coalesce(floor(avg(CASE WHEN r.status IN ('completed', 'failed') THEN 100 ELSE r.progress END)), 0)::int," \
	"   coalesce(json_agg(json_build_object('requestId', r.task_id, 'productId', r.product_id, 'status', r.status," \
	"     'progress', r.progress) ORDER BY r.product_id) FILTER (WHERE r.task_id IS NOT NULL), '[]')::text," \
	"   b.job_id, b.schedule, b.runs, iso(b.next_run_at), b.cancelled_at IS NOT NULL, b.user_id," \
	"   b.report ->> 'status', coalesce((b.report ->> 'progress')::int, 0), b.report ->> 'message', b.announced," \
	"   b.options ->> 'language'"
enum { TOTAL, COMPLETED, FAILED, PROGRESS, TASKS, JOB, SCHEDULE, RUNS, NEXT_RUN, CANCELLED, USER, REPORTED,
    REPORTED_PROGRESS, MESSAGE, ANNOUNCED, LANGUAGE };
#define JOBS \
	"SELECT " COLUMNS \
	" FROM batch_jobs b LEFT JOIN analysis_jobs j USING (job_id)" \
	"   LEFT JOIN analysis_requests r ON r.task_id = j.task_id"
static struct pg_stmt jobs_of_task = PG_STMT("select", "batch_jobs",
    JOBS " WHERE b.job_id IN (SELECT job_id FROM analysis_jobs WHERE task_id = $1) GROUP BY b.job_id");
static struct pg_stmt one_job = PG_STMT("select", "batch_jobs",
    JOBS " WHERE b.job_id = $1 GROUP BY b.job_id");

static bool
is_word(const char *word, const char *want)
{
	return word != NULL && strcmp(word, want) == 0;
}

/* A pipeline's report of failure or completion is authoritative; otherwise the analyses decide. */
static const char *
status_of(const struct pg_rows *r, int row)
{
	int64_t total = pg_integer(r, row, TOTAL), completed = pg_integer(r, row, COMPLETED),
	    failed = pg_integer(r, row, FAILED);
	const char *reported = pg_string(r, row, REPORTED);

	if (is_word(reported, "failed") || is_word(reported, "completed"))
		return reported;
	if (total == 0)
		return *pg_string(r, row, CANCELLED) == 't' ? "cancelled" : pg_integer(r, row, RUNS) == 0 ? "scheduled"
		    : "completed";
	if (completed + failed < total)
		return "processing";
	return failed == total ? "failed" : "completed";
}

/* How a job ended, in the language of its options; NULL: it has not. */
static const char *
ending_text(struct arena *mem, const struct pg_rows *r, int row, const char *status)
{
	bool english = language_english(language_find(pg_string(r, row, LANGUAGE)));
	long long total = (long long)pg_integer(r, row, TOTAL), failed = (long long)pg_integer(r, row, FAILED);

	if (is_word(status, "cancelled"))
		return english ? "The scheduled batch has been cancelled." : "예약된 일괄 분석이 취소되었습니다.";
	if (is_word(status, "failed"))
		return english ? "The batch analysis has failed." : "일괄 분석에 실패했습니다.";
	if (!is_word(status, "completed"))
		return NULL;
	if (failed > 0)
		return arena_printf(mem, english ? "The analysis of %lld products is complete; %lld of them failed."
		    : "상품 %lld개의 분석이 끝났습니다(실패 %lld개).", total, failed);
	return arena_printf(mem, english ? "The analysis of %lld products is complete."
	    : "상품 %lld개의 분석이 완료되었습니다.", total);
}

/* A pipeline's words about an end that it reported itself, else ours; while it runs, the last words reported. */
static const char *
message_of(struct arena *mem, const struct pg_rows *r, int row, const char *status)
{
	const char *reported = pg_string(r, row, MESSAGE), *ending = ending_text(mem, r, row, status);

	return ending == NULL || (reported != NULL && is_word(pg_string(r, row, REPORTED), status)) ? reported : ending;
}

/* The payload of batch-update of one row. */
static struct str
job_json(struct arena *mem, const struct pg_rows *r, int row)
{
	const char *status = status_of(r, row), *message = message_of(mem, r, row, status),
	    *next = pg_string(r, row, NEXT_RUN);
	int64_t progress = pg_integer(r, row, PROGRESS), reported = pg_integer(r, row, REPORTED_PROGRESS);
	bool scheduled = strcmp(pg_string(r, row, SCHEDULE), "now") != 0;

	if (reported > progress)
		progress = reported;
	return json_obj(mem, JS("jobId", pg_string(r, row, JOB)), JS("status", status),
	    JI("progress", strcmp(status, "completed") == 0 ? 100 : progress), JI("total", pg_integer(r, row, TOTAL)),
	    JI("completed", pg_integer(r, row, COMPLETED)), JI("failed", pg_integer(r, row, FAILED)),
	    JIF(message != NULL, JS("message", message)), JIF(scheduled, JS("schedule", pg_string(r, row, SCHEDULE))),
	    JIF(scheduled, JI("run", pg_integer(r, row, RUNS))), JIF(scheduled, JS("nextRunAt", next)),
	    JR("tasks", pg_value(r, row, TASKS)));
}

static void
job_effects(struct effects *effects, const struct pg_rows *r, int row, struct str payload)
{
	const char *room = arena_printf(effects_arena(effects), "batch:%s", pg_string(r, row, JOB));

	effects_room(effects, room, ROOM_PROGRESS, "batch-update", room, payload, true);
}

int
batch_job_effects(struct pg *pg, struct effects *effects, const char *job_id)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg, &r, &one_job, pg_text(job_id))) < 0)
		return rc;
	job_effects(effects, &r, 0, job_json(effects_arena(effects), &r, 0));
	return 0;
}

/* Notifies the owner when the last analysis of a run has ended, once per run. */
static int
notify_owner(struct pg *pg, struct effects *effects, const struct pg_rows *r, int row)
{
	struct arena *mem = effects_arena(effects);
	int64_t total = pg_integer(r, row, TOTAL), failed = pg_integer(r, row, FAILED);
	struct notification n = { .user = pg_string(r, row, USER), .type = "batch", .title = "일괄 분석 완료" };
	int rc;

	if (n.user == NULL || total == 0 || pg_integer(r, row, COMPLETED) + failed < total)
		return 0;
	n.message = arena_printf(mem, "상품 %lld개의 분석이 끝났습니다(실패 %lld개).", (long long)total, (long long)failed);
	n.source_id = arena_printf(mem, "batch:%s:%lld", pg_string(r, row, JOB), (long long)pg_integer(r, row, RUNS));
	n.data = json_obj(mem, JS("jobId", pg_string(r, row, JOB)), JI("total", total), JI("failed", failed));
	rc = notification_add(pg, effects, &n);
	return rc == E_CONFLICT || rc == E_NOT_FOUND ? 0 : rc;
}

int
batch_task_effects(struct pg *pg, struct effects *effects, const char *task_id)
{
	struct pg_rows r;
	int rc, i;

	rc = pg_query(pg, &r, &jobs_of_task, pg_text(task_id));
	for (i = 0; rc == 0 && i < r.n; i++) {
		job_effects(effects, &r, i, job_json(effects_arena(effects), &r, i));
		rc = notify_owner(pg, effects, &r, i);
	}
	return rc;
}

int
batch_state(struct arena *mem, const char *job_id, struct str *payload)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &one_job, pg_text(job_id))) < 0)
		return rc;
	*payload = job_json(mem, &r, 0);
	return 0;
}

/* A report is kept until the next run; one with less progress than the stored one is late and ignored. */
static struct pg_stmt keep_report = PG_STMT("update", "batch_jobs",
    "UPDATE batch_jobs SET report = $2::jsonb, updated_at = now()"
    " WHERE job_id = $1"
    "   AND ($3::int > coalesce((report ->> 'progress')::int, -1) OR report ->> 'status' IS DISTINCT FROM $4)"
    "   AND coalesce(report ->> 'status', '') NOT IN ('completed', 'failed')");

int
batch_on_status(struct pg *pg, struct effects *effects, const struct batch_report *b)
{
	struct arena *mem = effects_arena(effects);
	struct pg_rows r;
	struct str doc;
	int rc;

	doc = json_obj(mem, JS("status", b->status), JI("progress", b->progress),
	    JIF(b->message != NULL, JS("message", b->message)),
	    JIF(b->total >= 0, JI("total", b->total)), JIF(b->completed >= 0, JI("completed", b->completed)),
	    JIF(b->failed >= 0, JI("failed", b->failed)), JT("at", now_ms()));
	rc = pg_query(pg, &r, &keep_report, pg_text(b->job_id), pg_text(doc.p), pg_int(b->progress),
	    pg_text(b->status));
	if (rc < 0 || (rc = batch_job_effects(pg, effects, b->job_id)) < 0)
		return rc;
	if (r.affected == 0)
		return E_CONFLICT;
	if (strcmp(b->status, "failed") == 0)
		failure_effects(effects, "batch", &(struct failure){ .request_id = b->job_id, .type = "batch-error",
		    .message = "일괄 분석에 실패했습니다.", .severity = "high", .details = json_value(mem, b->message) });
	return 0;
}
