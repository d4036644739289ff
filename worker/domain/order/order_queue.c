/* order_queue.c -- tickets, and the transactions that write several of them. See order_queue.h. Yields:
 * order_queue_run.
 *
 * A transaction locks the products of all its orders first, in the order of their ids, so that no two transactions
 * deadlock, whatever their orders. The queue owns a ticket: its order is written even if its caller stops waiting.
 */
#include "order_queue.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "run/co.h"
#include "worker/domain/core/group_commit.h"

enum {
	UNDER_WAY_MAX	= 2,		/* transactions of this process: one waits for the disk, one computes */
	TOGETHER_MAX	= 64,		/* orders per transaction */
	LIMIT_MS	= 30000,
	TICKET_BYTES	= 2048,
};

struct ticket {
	struct group_entry	 entry;
	struct pg_stmt		*place;
	struct pg_arg		 args[ORDER_QUEUE_ARGS];
	size_t			 n;
	const char		*ids;
	struct pg_rows		 rows;		/* in the arena of the batch */
	struct str		 json, more;	/* in the entry's arena */
};

static struct group_commit tickets;

static struct pg_stmt lock_products = PG_STMT("select", "products",
    "SELECT count(*)"
    " FROM (SELECT FROM products WHERE id = ANY ($1::text[]) AND stock > 0 ORDER BY id FOR NO KEY UPDATE) p");

static struct str
copy_to(struct arena *mem, struct str s)
{
	return s.p == NULL ? s : (struct str){ arena_copy(mem, s.p, s.n), s.n };
}

/* Settles a ticket with `rc`, and with its row if there is one. */
static void
settle_ticket(struct ticket *t, int rc)
{
	if (rc == 0 && t->rows.n > 0) {
		t->json = copy_to(&t->entry.mem, pg_value(&t->rows, 0, 0));
		t->more = copy_to(&t->entry.mem, pg_value(&t->rows, 0, 1));
	}
	group_settle(&tickets, &t->entry, rc);
}

static void
run_alone(struct ticket *t)
{
	settle_ticket(t, pg_query_n(pg_shared(), &t->rows, t->place, t->args, t->n));
}

/* Joins "{a,b}" and "{c}" to "{a,b,c}". */
static const char *
join_ids(struct group_entry *const *list, size_t n)
{
	struct buf b = { 0 };
	const char *ids;
	size_t i;

	buf_byte(&b, '{');
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		ids = ((struct ticket *)list[i])->ids;
		buf_add(&b, ids + 1, strlen(ids) - 2);
	}
	buf_byte(&b, '}');
	return buf_to_arena(co_arena(), &b).p;
}

/* The outcome is unknown: a retry could place the order twice. */
static bool
is_unknown(int rc)
{
	return rc == E_DOWN || rc == E_TIMEOUT || rc == E_CANCELED;
}

static void
run_together(struct group_entry *const *list, size_t n)
{
	struct pg_call *calls = arena_zalloc(co_arena(), (n + 1) * sizeof(*calls));
	struct pg_arg ids[] = { { NULL, "" }, pg_text(join_ids(list, n)) };
	size_t i;
	int rc;

	calls[0] = (struct pg_call){ .stmt = &lock_products, .args = ids, .n = NELEM(ids) };
	for (i = 0; i < n; i++) {
		struct ticket *t = (struct ticket *)list[i];

		calls[i + 1] = (struct pg_call){ .stmt = t->place, .args = t->args, .n = t->n, .out = &t->rows };
	}
	rc = pg_atomic(calls, n + 1);
	for (i = 0; i < n; i++)
		if (rc == 0 || is_unknown(rc))
			settle_ticket((struct ticket *)list[i], rc);
		else
			run_alone((struct ticket *)list[i]);
}

static int
write_tickets(struct group_entry *const *list, size_t n)
{
	if (n == 1)
		run_alone((struct ticket *)list[0]);
	else
		run_together(list, n);
	return GROUP_SETTLED;
}
static struct group_commit tickets = { .write = write_tickets, .batch_max = TOGETHER_MAX, .writers_max = UNDER_WAY_MAX,
    .limit_ms = LIMIT_MS };

static struct ticket *
make_ticket(struct pg_stmt *place, const struct pg_arg *args, size_t n, const char *ids)
{
	struct ticket *t = group_entry_new(sizeof(*t), TICKET_BYTES);
	struct arena *mem = &t->entry.mem;
	size_t i;

	t->place = place;
	t->n = n;
	t->ids = arena_strdup(mem, ids);
	for (i = 0; i < n; i++) {
		t->args[i] = args[i];
		t->args[i].p = args[i].p == ids ? t->ids : arena_strdup(mem, args[i].p);
	}
	return t;
}

int
order_queue_run(struct pg_stmt *place, const struct pg_arg *args, size_t n, const char *ids, struct str *json,
    struct str *more)
{
	struct ticket *t = make_ticket(place, args, n, ids);
	int rc;

	if ((rc = group_commit_wait(&tickets, &t->entry)) < 0)
		return rc;
	rc = t->entry.rc;
	*json = copy_to(co_arena(), t->json);
	*more = copy_to(co_arena(), t->more);
	group_entry_free(&t->entry);
	return rc;
}
