/* batch.c -- creates, runs, lists and cancels jobs over several products. See batch.h. Their progress: batch_state.c.
 */
#include "batch.h"

#include "analysis_text.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "batch_text.h"
#include "run/co.h"
#include "worker/domain/core/operator_notice.h"
#include "worker/domain/core/outbox.h"

enum { RUNS_AT_ONCE = 10, TRIES = 5 };

/* A run about to be started. */
struct run {
	const char	*job_id, *user_id, *schedule, *traceparent;
	struct strs	 products;
	struct str	 options;	/* JSON; p NULL: none */
	bool		 announce, cached_ok;
};

/* Sorted and unique: jobs that share products must not deadlock. */
static struct pg_stmt sort_ids = PG_STMT("select", "",
    "SELECT DISTINCT x FROM jsonb_array_elements_text($1::jsonb) x ORDER BY 1");

static int
sort_products(struct pg *pg, struct arena *mem, struct str list, struct strs *out)
{
	struct pg_rows r;
	int rc, i;

	if ((rc = pg_query(pg, &r, &sort_ids, pg_text(list.p))) < 0)
		return rc;
	out->v = arena_alloc(mem, (size_t)(r.n + 1) * sizeof(*out->v));
	out->n = (size_t)r.n;
	for (i = 0; i < r.n; i++)
		out->v[i] = pg_string(&r, i, 0);
	return 0;
}

static struct pg_stmt unlink_tasks = PG_STMT("delete", "analysis_jobs", "DELETE FROM analysis_jobs WHERE job_id = $1");

/* Starts or joins an analysis of each product; tasks: [{"productId","requestId"}, …]. */
static int
start_tasks(struct pg *pg, struct effects *effects, const struct run *run, struct buf *tasks)
{
	struct arena *mem = effects_arena(effects);
	struct analysis_order o = { .user_id = run->user_id, .job_id = run->job_id, .kind = ANALYSIS_BATCH,
	    .traceparent = run->traceparent };
	struct analysis_ticket t;
	size_t i;
	int rc;

	if (run->options.p != NULL && (rc = json_parse(mem, run->options.p, run->options.n, &o.options)) < 0)
		return rc;
	for (i = 0; i < run->products.n; i++) {
		o.product_id = run->products.v[i];
		if ((rc = analysis_start_in(pg, effects, &o, run->cached_ok, &t)) < 0)
			return rc;
		buf_byte(tasks, i == 0 ? '[' : ',');
		json_put_obj(tasks,
		    (struct json_field[]){ JS("productId", o.product_id), JS("requestId", t.task_id) }, 2);
	}
	buf_byte(tasks, ']');
	return 0;
}

static int
announce_run(struct pg *pg, struct effects *effects, const struct run *run, struct str tasks)
{
	struct arena *mem = effects_arena(effects);
	struct outbox_message m = { .topic = "batch-jobs", .key = run->job_id, .type = "batch",
	    .traceparent = run->traceparent };

	m.message_id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));
	m.payload = json_obj(mem, JS("jobId", run->job_id), JR("productIds", strs_json(mem, run->products)),
	    JS("schedule", run->schedule), JIF(run->options.p != NULL, JR("options", run->options)),
	    JIF(run->user_id != NULL, JS("userId", run->user_id)), JR("tasks", tasks), JT("timestamp", now_ms()));
	return outbox_add(pg, &m);
}

static void
free_buf(void *p)
{
	buf_fini(p);
}

/* One run, in `pg`'s transaction. */
static int
start_run(struct pg *pg, struct effects *effects, const struct run *run)
{
	struct buf *tasks = arena_zalloc(effects_arena(effects), sizeof(*tasks));
	int rc;

	co_defer(free_buf, tasks);
	if ((rc = pg_query(pg, NULL, &unlink_tasks, pg_text(run->job_id))) < 0 ||
	    (rc = start_tasks(pg, effects, run, tasks)) < 0)
		return rc;
	if (run->announce && (rc = announce_run(pg, effects, run, (struct str){ tasks->p, tasks->n })) < 0)
		return rc;
	effects_command(effects, "DEL", arena_printf(effects_arena(effects), "room:last:error:%s", run->job_id), NULL);
	effects_outbox(effects);
	metric_add(M_BATCH_RUNS, 0, 1);
	return batch_job_effects(pg, effects, run->job_id);
}

/* --- Creation --- */

static struct pg_stmt count_scheduled = PG_STMT("select", "batch_jobs",
    "SELECT count(*), (SELECT id FROM users WHERE id::text = $1)"
    " FROM batch_jobs"
    " WHERE next_run_at IS NOT NULL AND user_id IS NOT DISTINCT FROM (SELECT id FROM users WHERE id::text = $1)");
enum { SCHEDULED, ACCOUNT };
static struct pg_stmt add_job = PG_STMT("insert", "batch_jobs",
    "INSERT INTO batch_jobs (job_id, user_id, product_ids, schedule, options, announced, runs, last_run_at,"
    "   next_run_at)"
    " SELECT $1, $2::uuid, ARRAY(SELECT jsonb_array_elements_text($3::jsonb)), $4, coalesce($5::jsonb, '{}'), $6,"
    "   $7::int, CASE WHEN $7::int > 0 THEN now() END, to_timestamp($8::double precision / 1000)");

static int
insert_job(struct pg *pg, struct effects *effects, const struct batch_order *o, const struct schedule *s,
    const char *job_id)
{
	struct arena *mem = effects_arena(effects);
	struct str options = o->options != NULL ? json_text(mem, o->options) : (struct str){ NULL, 0 };
	struct str list = strs_json(mem, o->products);
	struct run run = {
		.job_id = job_id, .user_id = o->user_id, .schedule = o->schedule, .traceparent = o->traceparent,
		.options = options, .announce = o->announce, .cached_ok = s->every_ms == 0 && !s->monthly,
	};
	int64_t now = now_ms(), next = schedule_next(s, now, now);
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &count_scheduled, pg_text(o->user_id))) < 0)
		return rc;
	if (next > 0 && pg_integer(&r, 0, SCHEDULED) >= conf.batch_schedules_max * (pg_string(&r, 0, ACCOUNT) != NULL
	    ? 1 : 10))
		return E_CONFLICT;
	if ((rc = pg_query(pg, NULL, &add_job, pg_text(job_id), pg_text(pg_string(&r, 0, ACCOUNT)), pg_text(list.p),
	    pg_text(o->schedule),
	    pg_text(options.p), pg_bool(o->announce), pg_int(s->at_once), next > 0 ? pg_int(next)
	    : pg_text(NULL))) < 0 || !s->at_once || (rc = sort_products(pg, mem, list, &run.products)) < 0)
		return rc;
	return start_run(pg, effects, &run);
}

static int
try_create(struct arena *mem, const struct batch_order *o, const struct schedule *s, const char *job_id)
{
	struct effects *effects = effects_new(mem);
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = pg_end(&pg, insert_job(pg, effects, o, s, job_id))) == 0)
		effects_apply(effects);
	return rc;
}

/* A transaction over many analyses may be aborted to resolve a deadlock: then it is retried. */
int
batch_create(struct arena *mem, const struct batch_order *o, const char **job_id, struct cronexpr_fault *why)
{
	struct schedule s;
	int rc, tries = 0;

	*job_id = uuid_text(arena_alloc(mem, UUID_TEXT_BYTES));
	if ((rc = schedule_parse(&s, o->schedule, why)) < 0)
		return rc;
	if (o->user_id == NULL && (s.cron || s.monthly || s.every_ms > 0))
		return E_UNAUTHORIZED;
	while ((rc = try_create(mem, o, &s, *job_id)) == E_BUSY && pg_up() && ++tries < TRIES)
		;
	return rc;
}

/* --- Scheduled runs --- */

enum { JOB, USER, PRODUCTS, SCHEDULE, OPTIONS, CREATED_MS, LATE_MS };	/* columns */
static struct pg_stmt take_due = PG_STMT("select", "batch_jobs",
    "SELECT job_id, user_id, array_to_json(product_ids)::text, schedule, options::text,"
    "   (extract(epoch FROM created_at) * 1000)::bigint, (extract(epoch FROM now() - next_run_at) * 1000)::bigint"
    " FROM batch_jobs WHERE next_run_at <= now() ORDER BY next_run_at LIMIT 1 FOR UPDATE SKIP LOCKED");
static struct pg_stmt move_due = PG_STMT("update", "batch_jobs",
    "UPDATE batch_jobs SET runs = runs + 1, last_run_at = now(),"
    "   next_run_at = to_timestamp($2::double precision / 1000), report = NULL, updated_at = now()"
    " WHERE job_id = $1");

/* Runs the job that has been due for longest; moving its next run and running it are one transaction. *n is 0 when
 * none is due. */
static int
run_next_due(struct pg *pg, struct effects *effects, int64_t *n)
{
	struct arena *mem = effects_arena(effects);
	struct cronexpr_fault why;
	struct schedule s;
	struct pg_rows r;
	struct run run;
	int64_t next;
	int rc;

	if ((rc = pg_query(pg, &r, &take_due)) < 0 || r.n == 0)
		return rc;
	*n = 1;
	run = (struct run){ .job_id = pg_string(&r, 0, JOB), .user_id = pg_string(&r, 0, USER),
		.schedule = pg_string(&r, 0, SCHEDULE), .options = pg_value(&r, 0, OPTIONS), .announce = true };
	next = schedule_parse(&s, run.schedule, &why) < 0 ? 0 :
	    schedule_next(&s, pg_integer(&r, 0, CREATED_MS), now_ms());
	log_info("batch run", JS("jobId", run.job_id), JI("lateMs", pg_integer(&r, 0, LATE_MS)));
	if ((rc = pg_query(pg, NULL, &move_due, pg_text(run.job_id), next > 0 ? pg_int(next) : pg_text(NULL))) < 0 ||
	    (rc = sort_products(pg, mem, pg_value(&r, 0, PRODUCTS), &run.products)) < 0)
		return rc;
	return start_run(pg, effects, &run);
}

int
batch_run_due(struct arena *mem, int64_t *n)
{
	struct pg *pg;
	int rc = 0, i;

	for (i = 0; i < RUNS_AT_ONCE; i++) {
		struct effects *effects = effects_new(mem);
		int64_t one = 0;

		if ((rc = pg_begin(&pg)) < 0 || (rc = pg_end(&pg, run_next_due(pg, effects, &one))) < 0 || one == 0)
			break;
		effects_apply(effects);
		++*n;
	}
	return rc;
}

static struct pg_stmt started_since = PG_STMT("select", "batch_jobs",
    "SELECT job_id FROM batch_jobs WHERE updated_at >= to_timestamp($1::double precision / 1000)");

int
batch_republish(struct effects *effects, int64_t since_ms)
{
	struct pg_rows r;
	int rc, i;

	rc = pg_query(pg_shared(), &r, &started_since, pg_int(since_ms));
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = batch_job_effects(pg_shared(), effects, pg_string(&r, i, 0));
	return rc == E_NOT_FOUND ? 0 : rc;
}

/* --- For the owner --- */

#define STATUS \
	"CASE WHEN cancelled_at IS NOT NULL THEN 'cancelled' WHEN next_run_at IS NOT NULL THEN 'active' ELSE 'done' END"
#define DOC \
	"json_build_object('jobId', job_id, 'productIds', product_ids, 'schedule', schedule, 'options', options," \
	"   'status', " STATUS ", 'runs', runs, 'lastRunAt', iso(last_run_at), 'nextRunAt', iso(next_run_at)," \
	"   'createdAt', iso(created_at))"
static struct pg_stmt read_page = PG_STMT("select", "batch_jobs",
    "WITH page AS ("
    "  SELECT * FROM batch_jobs"
    "  WHERE user_id = $1::uuid AND announced"
    "    AND ($3::bigint IS NULL OR (created_at, job_id) < (to_timestamp($3::bigint / 1000000.0), $4))"
    "  ORDER BY created_at DESC, job_id DESC LIMIT $2)"
    " SELECT coalesce(json_agg(" DOC " ORDER BY created_at DESC, job_id DESC), '[]')::text, count(*),"
    "   (array_agg((extract(epoch FROM created_at) * 1000000)::bigint || ':' || job_id"
    "     ORDER BY created_at, job_id))[1]"
    " FROM page");
enum { PAGE_LIST, PAGE_COUNT, PAGE_CURSOR };

int
batch_page(struct arena *mem, const char *user, int64_t limit, const char *cursor, struct str *list, const char **next)
{
	const char *colon = cursor != NULL ? strchr(cursor, ':') : NULL;
	const char *at = colon != NULL ? arena_copy(mem, cursor, (size_t)(colon - cursor)) : NULL;
	struct pg_rows r;
	int64_t us;
	int rc;

	if (cursor != NULL && (colon == NULL || !parse_int(at, 0, INT64_MAX, &us)))
		return E_VALIDATION;
	if ((rc = pg_query(pg_as(user), &r, &read_page, pg_text(user), pg_int(limit), pg_text(at), pg_text(colon != NULL
	    ? colon + 1 : NULL))) < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < limit ? NULL : pg_string(&r, 0, PAGE_CURSOR);
	return 0;
}

#define OWN "job_id = $1 AND announced AND (user_id IS NULL OR user_id::text = $2 OR $3::boolean)"
static struct pg_stmt read_one = PG_STMT("select", "batch_jobs", "SELECT " DOC "::text FROM batch_jobs WHERE " OWN);
static struct pg_stmt cancel_one = PG_STMT("update", "batch_jobs",
    "UPDATE batch_jobs SET next_run_at = NULL,"
    "   cancelled_at = CASE WHEN next_run_at IS NOT NULL THEN now() ELSE cancelled_at END, updated_at = now()"
    " WHERE " OWN);

int
batch_read(struct arena *mem, const struct batch_caller *c, const char *job_id, struct str *doc)
{
	struct str progress;
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &read_one, pg_text(job_id), pg_text(c->user), pg_bool(c->admin))) < 0)
		return rc;
	if ((rc = batch_state(mem, job_id, &progress)) < 0)
		return rc;
	*doc = str_of(arena_printf(mem, "%.*s,\"progress\":%s}", (int)pg_value(&r, 0, 0).n - 1, pg_string(&r, 0, 0),
	    progress.p));
	return 0;
}

int
batch_cancel(struct arena *mem, const struct batch_caller *c, const char *job_id)
{
	struct effects *effects = effects_new(mem);
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &cancel_one, pg_text(job_id), pg_text(c->user), pg_bool(c->admin))) < 0)
		return rc;
	if (r.affected == 0)
		return E_NOT_FOUND;
	if (batch_job_effects(pg_shared(), effects, job_id) == 0)
		effects_apply(effects);
	return 0;
}
