/* analysis_task.c -- see analysis_task.h. */
#include "analysis_task.h"

#include "base/err.h"

static struct pg_stmt find_task = PG_STMT("select", "analysis_requests",
    "SELECT product_id, status, progress, state FROM analysis_requests WHERE task_id = $1");
enum { TASK_PRODUCT, TASK_STATUS, TASK_PROGRESS, TASK_STATE };

int
analysis_task_read(struct pg *pg, struct arena *mem, const char *task_id, struct analysis_update *out)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &find_task, pg_text(task_id))) < 0)
		return rc;
	if (r.n == 0)
		return E_NOT_FOUND;
	*out = (struct analysis_update){ .request_id = task_id, .product_id = pg_string(&r, 0, TASK_PRODUCT),
		.status = pg_string(&r, 0, TASK_STATUS), .progress = pg_integer(&r, 0, TASK_PROGRESS) };
	analysis_update_read(mem, pg_value(&r, 0, TASK_STATE), out);
	return 0;
}

int
analysis_task_unchanged(struct pg *pg, const char *task_id)
{
	struct pg_rows r;
	int rc = pg_query(pg, &r, &find_task, pg_text(task_id));

	return rc < 0 ? rc : r.n == 0 ? E_NOT_FOUND : E_CONFLICT;
}

void
analysis_task_step(struct analysis_update *u, const struct analysis_step *s)
{
	u->step = s->name != NULL ? s->name : analysis_step_name(s->number, u->total_steps);
	u->current_step = s->number > 0 ? s->number : analysis_step_number(s->name);
	if (u->total_steps <= 0 && s->number == 0 && u->current_step > 0)
		u->total_steps = ANALYSIS_STEPS;
}

void
analysis_task_keep(struct analysis_update *u, const struct analysis_update *was)
{
	if (u->step == NULL && u->current_step == 0)
		u->step = was->step;
	if (u->message == NULL)
		u->message = was->message;
	if (u->current_step == 0)
		u->current_step = was->current_step;
	if (u->total_steps <= 0)
		u->total_steps = was->total_steps;
	if (u->estimated_s < 0)
		u->estimated_s = was->estimated_s;
	if (u->total < 0)
		u->total = was->total;
	if (u->processed < 0)
		u->processed = was->processed;
	if (!u->counted) {
		u->counted = was->counted;
		u->positive = was->positive;
		u->negative = was->negative;
		u->neutral = was->neutral;
	}
}
