/* order_queue.c -- tickets, and the transactions that take several of them. See order_queue.h. Yields: order_queue_run.
 *
 * The products of all orders of a transaction are locked first, in the order of their ids, so that two transactions never wait for each
 * other in a circle, however their orders are made up. A ticket belongs to the queue: its order is written even when nobody waits any more.
 */
#include "order_queue.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "run/co.h"

enum {
	UNDER_WAY_MAX	= 2,		/* transactions of this process: one waits for the disk, one computes */
	TOGETHER_MAX	= 64,		/* orders of one */
	LIMIT_MS	= 30000,
};

struct ticket {
	struct ticket	*next;
	struct arena	 mem;
	struct pg_stmt	*place;
	struct pg_arg	 args[ORDER_QUEUE_ARGS];
	size_t		 n;
	const char	*ids;
	struct co	*co;		/* who waits; NULL: has gone */
	bool		 done;
	struct pg_rows	 rows;		/* in the arena of the one that runs it */
	int		 rc;
	struct str	 json, more;	/* in `mem` */
};

static struct ticket *first, **end = &first;
static int under_way;

static struct pg_stmt lock_products = PG_STMT("select", "products",
    "SELECT count(*) FROM (SELECT FROM products WHERE id = ANY ($1::text[]) AND stock > 0 ORDER BY id FOR NO KEY UPDATE) p");

static void
free_ticket(struct ticket *t)
{
	arena_fini(&t->mem);
	free(t);
}

static struct str
keep(struct arena *mem, struct str s)
{
	return s.p == NULL ? s : (struct str){ arena_copy(mem, s.p, s.n), s.n };
}

/* It is settled: `rc`, and the row where there is one. */
static void
settle(struct ticket *t, int rc)
{
	t->rc = rc;
	t->done = true;
	if (rc == 0 && t->rows.n > 0) {
		t->json = keep(&t->mem, pg_value(&t->rows, 0, 0));
		t->more = keep(&t->mem, pg_value(&t->rows, 0, 1));
	}
	if (t->co != NULL)
		co_wake(t->co);
	else
		free_ticket(t);
}

static void
run_alone(struct ticket *t)
{
	settle(t, pg_query_n(pg_shared(), &t->rows, t->place, t->args, t->n));
}

/* "{a,b}" and "{c}" are "{a,b,c}". */
static const char *
join_ids(struct ticket *const *list, size_t n)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		buf_add(&b, list[i]->ids + 1, strlen(list[i]->ids) - 2);
	}
	buf_byte(&b, '}');
	return buf_to_arena(co_arena(), &b).p;
}

/* Nobody knows what became of it; another try could do it twice. */
static bool
is_unknown(int rc)
{
	return rc == E_DOWN || rc == E_TIMEOUT || rc == E_CANCELED;
}

static void
run_together(struct ticket **list, size_t n)
{
	struct pg_call *calls = arena_zalloc(co_arena(), (n + 1) * sizeof(*calls));
	struct pg_arg ids[] = { { NULL, "" }, pg_text(join_ids(list, n)) };
	size_t i;
	int rc;

	calls[0] = (struct pg_call){ .stmt = &lock_products, .args = ids, .n = NELEM(ids), .out = NULL, .rc = 0 };
	for (i = 0; i < n; i++)
		calls[i + 1] = (struct pg_call){ .stmt = list[i]->place, .args = list[i]->args, .n = list[i]->n,
		    .out = &list[i]->rows, .rc = 0 };
	rc = pg_atomic(calls, n + 1);
	for (i = 0; i < n; i++)
		if (rc == 0 || is_unknown(rc))
			settle(list[i], rc);
		else
			run_alone(list[i]);
}

/* Take what is there; for the next there is a coroutine of its own, with memory of its own. */
static void
run_some(void *arg)
{
	struct ticket *list[TOGETHER_MAX];
	size_t n;

	(void)arg;
	for (n = 0; n < TOGETHER_MAX && first != NULL; n++) {
		list[n] = first;
		first = first->next;
	}
	if (first == NULL)
		end = &first;
	if (n == 1)
		run_alone(list[0]);
	else if (n > 1)
		run_together(list, n);
	if (first != NULL)
		co_spawn(run_some, NULL, LIMIT_MS);
	else
		under_way--;
}

static struct ticket *
make_ticket(struct pg_stmt *place, const struct pg_arg *args, size_t n, const char *ids)
{
	struct ticket *t = calloc(1, sizeof(*t));
	size_t i;

	if (t == NULL)
		abort();
	arena_init(&t->mem, 2048);
	t->place = place;
	t->n = n;
	for (i = 0; i < n; i++) {
		t->args[i] = args[i];
		t->args[i].p = args[i].p == ids ? NULL : arena_strdup(&t->mem, args[i].p);
	}
	t->ids = arena_strdup(&t->mem, ids);
	for (i = 0; i < n; i++)
		if (args[i].p == ids)
			t->args[i].p = t->ids;
	t->co = co_self();
	return t;
}

int
order_queue_run(struct pg_stmt *place, const struct pg_arg *args, size_t n, const char *ids, struct str *json, struct str *more)
{
	struct ticket *t = make_ticket(place, args, n, ids);
	int rc = 0;

	*end = t;
	end = &t->next;
	if (under_way < UNDER_WAY_MAX) {
		under_way++;
		co_spawn(run_some, NULL, LIMIT_MS);
	}
	while (!t->done && rc == 0)
		rc = co_park(-1);
	if (!t->done) {
		t->co = NULL;
		return rc;
	}
	rc = t->rc;
	*json = keep(co_arena(), t->json);
	*more = keep(co_arena(), t->more);
	free_ticket(t);
	return rc;
}
