/* consistency.c -- the daily comparison. See consistency.h. */
#include "consistency.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/redis.h"
#include "run/co.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/catalog/watch.h"
#include "worker/domain/core/answer_cache.h"
#include "worker/domain/core/operator_notice.h"

enum { SCAN_COUNT = 500, KEYS_MAX = 1000000, PAGE_MS = 20000, CHECK_MS = 600000 };
enum { STATUS, TASK, UPDATED, NAME, PRICE };		/* columns of both statements */

/* The stored state of each id, in the order given. */
static struct pg_stmt of_products = PG_STMT("select", "analysis_requests",
    "SELECT q.status, q.task_id, iso(r.updated_at), p.name, p.price"
    " FROM jsonb_array_elements_text($1::jsonb) WITH ORDINALITY AS k (id, n)"
    "   LEFT JOIN LATERAL ("
    "     SELECT status, task_id FROM analysis_requests"
    "     WHERE product_id = k.id ORDER BY created_at DESC LIMIT 1) q ON true"
    "   LEFT JOIN analysis_results r ON r.task_id = q.task_id LEFT JOIN products p ON p.id = k.id"
    " ORDER BY n");
static struct pg_stmt of_tasks = PG_STMT("select", "analysis_requests",
    "SELECT q.status, q.task_id, '', '', 0"
    " FROM jsonb_array_elements_text($1::jsonb) WITH ORDINALITY AS k (id, n)"
    "   LEFT JOIN analysis_requests q ON q.task_id = k.id"
    " ORDER BY n");

static bool
is_status(const struct pg_rows *r, int row, const char *want)
{
	const char *status = pg_string(r, row, STATUS);

	return status != NULL && strcmp(status, want) == 0;
}

static bool
is_running(const struct pg_rows *r, int row)
{
	return is_status(r, row, "pending") || is_status(r, row, "processing");
}

static bool
is_same(const char *cached, const char *known)
{
	return cached == NULL || known == NULL ? cached == known : strcmp(cached, known) == 0;
}

/* A member of a cached object. */
static const char *
member_text(struct arena *mem, const struct redis_reply *value, const char *name)
{
	const struct json *j = NULL;

	if (value->type != REDIS_STR || json_parse(mem, value->s.p, value->s.n, &j) < 0)
		return "";
	return json_str(json_get(j, name));
}

/* A mark or a negative entry: right while the answer is being made, or if the product is indeed unknown. */
static bool
no_answer_right(const struct redis_reply *value, const struct pg_rows *r, int row)
{
	return value->type == REDIS_STR && (answer_is_mark(value->s) ||
	    (answer_is_absence(value->s) && pg_string(r, row, STATUS) == NULL));
}

static bool
result_right(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row)
{
	return no_answer_right(value, r, row) ||
	    (is_status(r, row, "completed") && is_same(member_text(mem, value, "updatedAt"),
	    pg_string(r, row, UPDATED)));
}

/* For a running analysis it may lag for a moment. */
static bool
status_right(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row)
{
	const char *known = pg_string(r, row, STATUS);

	if (known == NULL || value->type != REDIS_STR || answer_is_mark(value->s))
		return no_answer_right(value, r, row);
	return is_running(r, row) || strstr(value->s.p, arena_printf(mem, "\"status\":\"%s\"", known)) != NULL;
}

static bool
lock_right(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row)
{
	return is_running(r, row) && is_same(member_text(mem, value, "task_id"), pg_string(r, row, TASK));
}

static bool
queue_right(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row)
{
	(void)mem, (void)value;
	return is_running(r, row);
}

/* A task unknown to the tables belongs to another service. */
static bool
progress_right(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row)
{
	(void)mem;
	return pg_string(r, row, TASK) == NULL || is_running(r, row) ||
	    (value->n > 0 && is_same(value->v[0].s.p, pg_string(r, row, STATUS)));
}

static bool
product_right(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row)
{
	(void)mem;
	return value->n == 2 && is_same(value->v[0].s.p, pg_string(r, row, NAME)) &&
	    is_same(value->v[1].s.p, pg_string(r, row, PRICE));
}

static const struct check {
	const char	*prefix, *read;		/* the command that reads the value; NULL: not needed */
	struct pg_stmt	*known;
	bool		(*right)(struct arena *mem, const struct redis_reply *value, const struct pg_rows *r, int row);
} checks[] = {
	{ "analysis:result:", "GET %s%s", &of_products, result_right },
	{ "analysis_cache:", "GET %s%s", &of_products, result_right },
	{ "analysis:status:", "GET %s%s", &of_products, status_right },
	{ "analysis_lock:", "GET %s%s", &of_products, lock_right },
	{ "analysis_queue:", "EXISTS %s%s", &of_products, queue_right },
	{ "analysis_progress:", "HMGET %s%s status", &of_tasks, progress_right },
	{ "product_cache:", "HMGET %s%s name price", &of_products, product_right },
};

/* Reduces `ids` to those whose key is wrong now; a key that no longer exists counts as right. */
static int
filter_wrong(struct arena *mem, const struct check *c, struct strs *ids)
{
	struct redis_reply *values = arena_alloc(mem, (ids->n + 1) * sizeof(*values)),
	    *there = arena_alloc(mem, (ids->n + 1) * sizeof(*there));
	struct redis_batch *b = redis_batch(), *exist = redis_batch();
	size_t i, n = 0;
	struct pg_rows r;
	int rc;

	if (ids->n == 0)
		return 0;
	for (i = 0; i < ids->n; i++) {
		redis_add(b, c->read, c->prefix, ids->v[i]);
		redis_add(exist, "EXISTS %s%s", c->prefix, ids->v[i]);
	}
	if ((rc = redis_run(b, values)) < 0 || (rc = pg_query(pg_shared(), &r, c->known,
	    pg_text(strs_json(mem, *ids).p))) < 0 || (rc = redis_run(exist, there)) < 0)
		return rc;
	for (i = 0; i < ids->n; i++)
		if (there[i].i != 0 && !c->right(mem, &values[i], &r, (int)i))
			ids->v[n++] = ids->v[i];
	ids->n = n;
	return 0;
}

static int
check_page(struct arena *mem, const struct check *c, struct strs ids, int64_t *repaired)
{
	struct strs wrong = ids;
	size_t i;
	int rc;

	if ((rc = filter_wrong(mem, c, &wrong)) < 0 || (rc = filter_wrong(mem, c, &wrong)) < 0)
		return rc;
	for (i = 0; i < wrong.n; i++)
		redis_send("DEL %s%s", c->prefix, wrong.v[i]);
	metric_add(M_CONSISTENCY, 0, ids.n - wrong.n);
	metric_add(M_CONSISTENCY, 1, wrong.n);
	*repaired += (int64_t)wrong.n;
	return 0;
}

/* One page of keys, in a coroutine of its own, whose memory is freed with it. Static: a process runs one check at a
 * time, and a page may outlive a cancelled check. */
static struct {
	const struct check	*c;
	struct co_group		 group;
	char			 cursor[24];
	int64_t			 seen, repaired;
	int			 rc;
} page;

static int
read_page(struct arena *mem)
{
	const struct check *c = page.c;
	struct redis_reply r;
	struct strs ids;
	size_t i;
	int rc;

	if ((rc = redis_cmd(&r, "SCAN %s MATCH %s* COUNT %d", page.cursor, c->prefix, SCAN_COUNT)) < 0)
		return rc;
	if (r.type != REDIS_ARRAY || r.n != 2 || r.v[0].s.n >= sizeof(page.cursor))
		return E_INTERNAL;
	memcpy(page.cursor, r.v[0].s.p, r.v[0].s.n + 1);
	ids = (struct strs){ arena_alloc(mem, (r.v[1].n + 1) * sizeof(*ids.v)), r.v[1].n };
	for (i = 0; i < ids.n; i++)
		ids.v[i] = r.v[1].v[i].s.p + strlen(c->prefix);
	page.seen += (int64_t)ids.n;
	return check_page(mem, c, ids, &page.repaired);
}

static void
run_page(void *arg)
{
	(void)arg;
	page.rc = read_page(co_arena());
}

/* All keys of a kind, or as many as time allows. */
static int
check_keys(const struct check *c, int64_t *repaired)
{
	int rc = 0;

	if (page.group.live > 0)
		return E_BUSY;
	page.c = c;
	page.seen = page.repaired = 0;
	memcpy(page.cursor, "0", 2);
	do {
		co_group_spawn(&page.group, run_page, NULL, PAGE_MS);
		if ((rc = co_group_wait(&page.group)) < 0 || (rc = page.rc) < 0)
			break;
	} while (strcmp(page.cursor, "0") != 0 && page.seen < KEYS_MAX && co_time_left() > 2 * PAGE_MS);
	*repaired += page.repaired;
	return rc;
}

int
consistency_check(struct arena *mem, int64_t *repaired)
{
	int64_t before;
	size_t i;
	int rc;

	co_set_deadline(CHECK_MS);
	for (i = 0; i < NELEM(checks); i++) {
		before = *repaired;
		if ((rc = check_keys(&checks[i], repaired)) < 0)
			return rc;
		if (*repaired > before)
			log_warn("cached values were wrong", JS("keys", checks[i].prefix),
			    JI("count", *repaired - before));
	}
	before = *repaired;
	if ((rc = analysis_restore_locks(mem, repaired)) < 0)
		return rc;
	metric_add(M_CONSISTENCY, 1, *repaired - before);
	if ((rc = watch_fill_queue(mem, repaired)) < 0)
		return rc;
	if (*repaired > before)
		log_warn("cached values were missing", JI("count", *repaired - before));
	return 0;
}
