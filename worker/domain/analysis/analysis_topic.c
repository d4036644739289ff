/* analysis_topic.c -- applies progress that the analysis pipeline reports. Runs inside the bridge's transaction; cards
 * are in analysis_cards.c, outcomes in analysis_outcome.c. */
#include "analysis.h"

#include "analysis_hash.h"
#include "analysis_task.h"
#include "base/err.h"
#include "batch.h"

static int64_t
count_of(const struct json *stats, const char *name)
{
	int64_t n = 0;

	(void)json_int(json_get(stats, name), &n);
	return n;
}

static void
read_counts(struct analysis_update *u, const struct json *stats)
{
	u->counted = stats != NULL;
	u->positive = count_of(stats, "positive");
	u->negative = count_of(stats, "negative");
	u->neutral = count_of(stats, "neutral");
}

#define MOVE_ON \
	"UPDATE analysis_requests" \
	" SET status = 'processing', progress = $2::int, state = $3::jsonb, updated_at = now()" \
	" WHERE task_id = $1 AND status IN ('pending', 'processing') AND progress <= $2::int" \
	" RETURNING product_id, in_job"
static struct pg_stmt move_on = PG_STMT("update", "analysis_requests", MOVE_ON);
enum { MOVED_PRODUCT, MOVED_IN_JOB };
/* The same, and appends a stage to the course where it is one. */
static struct pg_stmt move_with_stage = PG_STMT("update", "analysis_requests",
    "WITH moved AS (" MOVE_ON ", task_id, created_at),"
    " course AS ("
    "  UPDATE realtime_analysis_sessions s SET doc = session_stage(s.doc, 'processing',"
    "    jsonb_build_object('progress', $2::int, 'step', nullif($4::int, 0), 'message', left($5::text, 500)))"
    "  FROM moved m"
    "  WHERE s.task_id = m.task_id AND s.started_at = m.created_at"
    "    AND session_turns(s.doc, $2::int, nullif($4::int, 0)))"
    " SELECT product_id, in_job FROM moved");

/* A cache of the last stage of some tasks: most reports are surely no stage and need not touch the course. After a
 * rollback a repeated report may be checked once more. */
static bool
may_be_stage(const struct analysis_update *p)
{
	static struct { uint64_t task; int64_t progress, step; } seen[1024];
	uint64_t task = hash_bytes(p->request_id, strlen(p->request_id));
	size_t i = task % NELEM(seen);

	if (seen[i].task == task && seen[i].step == p->current_step && p->progress > seen[i].progress &&
	    p->progress < seen[i].progress + 10)
		return false;
	seen[i].task = task;
	seen[i].progress = p->progress;
	seen[i].step = p->current_step;
	return true;
}

static int
move_task(struct pg *pg, struct pg_rows *r, const struct analysis_update *u, const char *state)
{
	if (!may_be_stage(u))
		return pg_query(pg, r, &move_on, pg_text(u->request_id), pg_int(u->progress), pg_text(state));
	return pg_query(pg, r, &move_with_stage, pg_text(u->request_id), pg_int(u->progress), pg_text(state),
	    pg_int(u->current_step), pg_text(u->message));
}

static int
apply_progress(struct pg *pg, struct effects *effects, const struct analysis_update *u, const char *product_id)
{
	struct str payload = analysis_update_json(effects_arena(effects), u);
	struct pg_rows r;
	int rc;

	if ((rc = move_task(pg, &r, u, payload.p)) < 0)
		return rc;
	if (r.n == 0)
		return analysis_task_unchanged(pg, u->request_id);
	if (product_id != NULL && strcmp(pg_string(&r, 0, MOVED_PRODUCT), product_id) != 0)
		return E_VALIDATION;
	analysis_state_effects(effects, u, payload);
	return *pg_string(&r, 0, MOVED_IN_JOB) == 't' ? batch_task_effects(pg, effects, u->request_id) : 0;
}

int
analysis_on_progress(struct pg *pg, struct effects *effects, const struct analysis_progress *p)
{
	struct arena *mem = effects_arena(effects);
	struct analysis_update given = {
		.request_id = p->request_id, .product_id = p->product_id, .status = "processing",
		.message = p->message != NULL ? p->message : p->step.name, .progress = p->progress,
		.estimated_s = p->estimated_s, .total_steps = p->total_steps, .total = p->total,
		.processed = p->processed, .sent = p->sent,
	}, was, now;
	int rc;

	read_counts(&given, p->stats);
	analysis_task_step(&given, &p->step);
	if (p->partial || p->product_id == NULL) {
		if ((rc = analysis_task_read(pg, mem, p->request_id, &was)) < 0)
			return rc;
		given.product_id = was.product_id;
	}
	now = given;
	if (p->partial)
		analysis_task_keep(&now, &was);
	if ((rc = apply_progress(pg, effects, &now, p->product_id)) < 0)
		return rc;
	analysis_hash_effects(effects, &given, p->partial ? &was : NULL);
	if (given.counted)
		analysis_stats_effects(effects, &given);
	return 0;
}
