/* analysis_revive.c -- resends requests that seem lost, and finally fails them.
 *
 * Lost is: a running analysis without progress for ANALYSIS_STALL_MS; a waiting one, when no analysis at all has
 * advanced for as long (otherwise the pipeline is merely busy) or when it has waited ten times as long. A request
 * whose outbox row still exists has not been sent yet and is left alone, however long Kafka is down.
 */
#include "analysis.h"

#include "analysis_text.h"
#include "base/conf.h"
#include "base/metric.h"
#include "worker/domain/core/outbox.h"

#define NOT_IN_OUTBOX(id) "NOT EXISTS (SELECT FROM kafka_outbox o WHERE o.message_id = " id ")"
#define SEND_AGAIN(topic, key, type) \
	" sent AS (" \
	"  INSERT INTO kafka_outbox (shard, topic, key, message_id, type, payload)" \
	"  SELECT abs(hashtext(" key ")) % 8, '" topic "', " key ", id, " type ", payload::text FROM again)" \
	" SELECT count(*) FROM again"
#define ANALYSES_AGAIN(which) \
	"WITH again AS (" \
	"  UPDATE analysis_requests r SET attempts = attempts + 1, updated_at = now()," \
	"    payload = jsonb_set(payload, '{attempt}', to_jsonb(attempts + 1))" \
	"  WHERE status IN ('pending', 'processing') AND " NOT_IN_OUTBOX("r.task_id") " AND " which \
	"  RETURNING task_id AS id, product_id, kind, payload, status, attempts, created_at)," \
	" course AS (" \
	"  UPDATE realtime_analysis_sessions s" \
	"  SET doc = session_stage(s.doc, a.status, jsonb_build_object('attempt', a.attempts))" \
	"  FROM again a" \
	"  WHERE s.task_id = a.id AND s.started_at = a.created_at AND jsonb_array_length(s.doc -> 'stages') < 200)," \
	SEND_AGAIN("analysis-requests", "product_id", "kind")
#define SEARCHES_AGAIN(which) \
	"WITH again AS (" \
	"  UPDATE search_sessions s SET attempts = attempts + 1, updated_at = now()" \
	"  WHERE status = 'pending' AND " NOT_IN_OUTBOX("s.message_id") " AND " which \
	"  RETURNING message_id AS id, payload)," \
	SEND_AGAIN("product-search-requests", "id", "'search'")

static struct pg_stmt resend_analyses = PG_STMT("update", "analysis_requests", ANALYSES_AGAIN("true"));
static struct pg_stmt resend_searches = PG_STMT("update", "search_sessions", SEARCHES_AGAIN("true"));

#define STALL "make_interval(secs => $1::double precision / 1000)"
#define STALLED "attempts < $2 AND updated_at < now() - " STALL
static struct pg_stmt revive_analyses = PG_STMT("update", "analysis_requests", ANALYSES_AGAIN(STALLED
    " AND (status = 'processing' OR updated_at < now() - 10 * " STALL
    "   OR NOT EXISTS (SELECT FROM analysis_requests l WHERE l.status <> 'pending' AND l.updated_at > now() - " STALL "))"));
static struct pg_stmt revive_searches = PG_STMT("update", "search_sessions", SEARCHES_AGAIN(STALLED));

static struct pg_stmt find_exhausted = PG_STMT("select", "analysis_requests",
    "SELECT task_id, product_id FROM analysis_requests r"
    " WHERE status IN ('pending', 'processing') AND attempts >= $2 AND updated_at < now() - " STALL
    "   AND " NOT_IN_OUTBOX("r.task_id")
    " LIMIT 100");
enum { EXHAUSTED_TASK, EXHAUSTED_PRODUCT };

static int
run_again(struct pg_stmt *analyses, struct pg_stmt *searches, bool bounded, int *n)
{
	struct pg_stmt *stmts[] = { analyses, searches };
	struct pg_rows r;
	size_t i;
	int rc;

	*n = 0;
	for (i = 0; i < NELEM(stmts); i++) {
		rc = bounded ? pg_query(pg_shared(), &r, stmts[i], pg_int(conf.analysis_stall_ms),
		    pg_int(conf.analysis_attempts)) : pg_query(pg_shared(), &r, stmts[i]);
		if (rc < 0)
			return rc;
		*n += (int)pg_integer(&r, 0, 0);
	}
	if (*n > 0)
		outbox_announce();
	metric_add(M_ANALYSES, 5, (uint64_t)*n);
	return 0;
}

/* Fails an analysis whose attempts are used up, as if the pipeline had reported it. */
static int
fail_task(struct arena *mem, const char *task_id, const char *product_id)
{
	struct analysis_outcome o = { .request_id = task_id, .product_id = product_id, .status = "failed",
		.error = "NO_ANSWER: the analysis pipeline did not finish" };
	struct effects *effects = effects_new(mem);
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = analysis_on_result(pg, effects, &o)) < 0) {
		pg_rollback(&pg);
		return rc;
	}
	if ((rc = pg_commit(&pg)) == 0)
		effects_apply(effects);
	return rc;
}

int
analysis_resend_all(struct arena *mem, int *n)
{
	(void)mem;
	return run_again(&resend_analyses, &resend_searches, false, n);
}

int
analysis_revive(struct arena *mem, int *n)
{
	struct pg_rows r;
	int rc, i;

	rc = pg_query(pg_shared(), &r, &find_exhausted, pg_int(conf.analysis_stall_ms), pg_int(conf.analysis_attempts));
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = fail_task(mem, pg_string(&r, i, EXHAUSTED_TASK), pg_string(&r, i, EXHAUSTED_PRODUCT));
	return rc < 0 ? rc : run_again(&revive_analyses, &revive_searches, true, n);
}
