/* pgop.c -- statements on a connection: sends them, matches the results, wakes the coroutines. See pgconn.h.
 *
 * A statement is [BEGIN] [user] [Parse] Bind Execute Sync in one write; a `struct pgop` counts the answers.
 * Yields: pgconn_query pgconn_atomic.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/trace_ring.h"
#include "libpq.h"
#include "pgconn.h"
#include "run/co.h"

enum { STEPS_MAX = 6, ARGS_ON_STACK = 64 };

/* One statement under way. It outlives a coroutine that was cancelled. */
struct pgop {
	struct pgop	*next;
	struct co	*co;		/* NULL: no coroutine waits */
	struct arena	*mem;		/* the coroutine's arena; NULL like `out` when no coroutine waits */
	struct pg_rows	*out;		/* may be NULL */
	struct pg_stmt	*stmt;
	int64_t		 start_us;
	struct trace	*trace;		/* the span of the statement, owned; NULL: it is not recorded */
	int		 rc;		/* the first error */
	bool		 done, undone;
	bool		 got;		/* the present step has an answer; its end is still to come */
	int		 step, n_steps;
	struct { struct pg_stmt *stmt; bool prepare; } steps[STEPS_MAX];
};

static struct pg_stmt begin = PG_STMT("begin", "", "BEGIN");
/* The connection is held until the transaction ends, which for a single statement is its Sync. */
static struct pg_stmt set_user = PG_STMT("set", "", "SELECT set_config('dure.user', $1, true)");

static bool
is_prepared(const struct pgconn *c, const struct pg_stmt *s)
{
	return s->id / 64 < c->prepared_words && (c->prepared[s->id / 64] >> (s->id % 64) & 1) != 0;
}

static void
set_prepared(struct pgconn *c, const struct pg_stmt *s, bool yes)
{
	int words = s->id / 64 + 1, i;

	if (words > c->prepared_words) {
		if ((c->prepared = realloc(c->prepared, (size_t)words * 8)) == NULL)
			bug("no memory for the prepared statements");
		for (i = c->prepared_words; i < words; i++)
			c->prepared[i] = 0;
		c->prepared_words = words;
	}
	if (yes)
		c->prepared[s->id / 64] |= (uint64_t)1 << (s->id % 64);
	else
		c->prepared[s->id / 64] &= ~((uint64_t)1 << (s->id % 64));
}

static void
copy_rows(struct pgop *op, const PGresult *res)
{
	struct pg_rows *r = op->out;
	int n = PQntuples(res), columns = PQnfields(res), i, j;
	size_t bytes = 0;
	char *p;

	*r = (struct pg_rows){ .n = n, .columns = columns, .v = NULL,
	    .affected = atoll(PQcmdTuples((PGresult *)res)) };
	for (i = 0; i < n; i++)
		for (j = 0; j < columns; j++)
			bytes += (size_t)PQgetlength(res, i, j) + 1;
	r->v = arena_alloc(op->mem, sizeof(*r->v) * (size_t)n * (size_t)columns + 1);
	p = arena_alloc(op->mem, bytes + 1);
	for (i = 0; i < n; i++) {
		for (j = 0; j < columns; j++) {
			struct str *v = &r->v[i * columns + j];

			if (PQgetisnull(res, i, j)) {
				*v = (struct str){ NULL, 0 };
				continue;
			}
			*v = (struct str){ p, (size_t)PQgetlength(res, i, j) };
			memcpy(p, PQgetvalue(res, i, j), v->n + 1);
			p += v->n + 1;
		}
	}
}

/* Results come outside the coroutine that waits for them: log what follows as a part of its trace. Returns the work to
 * go back to. */
static const struct log_work *
enter_work(const struct pgop *op, struct log_work *work)
{
	const struct log_work *outer = log_work_now();

	*work = (struct log_work){ .trace = op->trace };
	log_work(work);
	return outer;
}

/* Logs no values: PostgreSQL puts them into the detail, which is left out. */
static int
judge_error(struct pgconn *c, struct pgop *op, const PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const struct log_work *outer;
	int rc = pg_error(state);
	struct log_work work;

	if (state != NULL && (strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0 ||
	    strcmp(state, "42P05") == 0))
		c->worn = true;
	if ((rc == E_INTERNAL || rc == E_SCHEMA) && strcmp(state, "25P02") != 0) {
		outer = enter_work(op, &work);
		log_error("query failed", JS("operation", op->stmt->operation), JS("table", op->stmt->table),
		    JS("sqlstate", state), JS("error", PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY)));
		log_work(outer);
	}
	return rc;
}

static void
take_result(struct pgconn *c, struct pgop *op, PGresult *res)
{
	bool last = op->step == op->n_steps - 1, prepare = op->steps[op->step].prepare;

	op->got = true;
	switch (PQresultStatus(res)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		if (last && op->out != NULL)
			copy_rows(op, res);
		op->undone = last && strcmp(PQcmdStatus(res), "ROLLBACK") == 0;
		return;
	case PGRES_PIPELINE_ABORTED:
		break;			/* the first error is kept */
	default:
		if (op->rc == 0)
			op->rc = judge_error(c, op, res);
	}
	if (prepare)
		set_prepared(c, op->steps[op->step].stmt, false);
}

static void
free_op(struct pgop *op)
{
	free(op->trace);
	free(op);
}

static void
warn_slow(const struct pgop *op, int64_t ms)
{
	struct log_work work;
	const struct log_work *outer = enter_work(op, &work);

	log_warn("slow query", JS("operation", op->stmt->operation), JS("table", op->stmt->table),
	    JS("statement", op->stmt->name), JI("ms", ms));
	log_work(outer);
}

/* The span of a statement, from its sending to its end. */
static void
record_statement(const struct pgop *op, int64_t now_us)
{
	char operation[16], name[96];
	size_t i;
	const struct trace_span span = {
		.trace = op->trace, .kind = TRACE_CLIENT, .step = TRACE_SQL, .name = name, .start_us = op->start_us,
		.end_us = now_us, .error = op->rc < 0 ? err_row(op->rc)->code : NULL,
	};

	for (i = 0; i < sizeof(operation) - 1 && op->stmt->operation[i] != '\0'; i++)
		operation[i] = (char)toupper((unsigned char)op->stmt->operation[i]);
	operation[i] = '\0';
	snprintf(name, sizeof(name), "%s%s%s", operation, *op->stmt->table != '\0' ? " " : "", op->stmt->table);
	trace_record(&span, JS("db.system.name", "postgresql"), JS("db.operation.name", operation),
	    JIF(*op->stmt->table != '\0', JS("db.collection.name", op->stmt->table)),
	    JIF(op->out != NULL && op->rc == 0, JI("db.response.returned_rows", op->out->n)),
	    JIF(span.error != NULL, JS("error.type", span.error)));
}

static void
finish_op(struct pgconn *c)
{
	struct pgop *op = c->first;
	int64_t now_us = mono_us(), from_us = op->start_us > c->moved_us ? op->start_us : c->moved_us;

	c->first = op->next;
	if (c->first == NULL)
		c->last = NULL;
	c->depth--;
	c->moved_us = now_us;
	metric_observe_us(M_DB_DURATION, (size_t)op->stmt->cell, now_us - op->start_us);
	if (op->rc < 0 && op->rc != E_CONFLICT && op->rc != E_VALIDATION)
		metric_add(M_DB_ERRORS, 0, 1);
	if (conf.db_slow_ms > 0 && now_us - from_us >= conf.db_slow_ms * 1000)
		warn_slow(op, (now_us - from_us) / 1000);
	if (op->trace != NULL) {
		metric_exemplar(M_DB_DURATION, (size_t)op->stmt->cell, now_us - op->start_us, op->trace->id);
		record_statement(op, now_us);
	}
	op->done = true;
	if (op->co != NULL)
		co_wake(op->co);
	else
		free_op(op);
}

static enum pgconn_tx
read_tx(PGconn *db)
{
	switch (PQtransactionStatus(db)) {
	case PQTRANS_IDLE:	return PGCONN_NO_TX;
	case PQTRANS_INERROR:	return PGCONN_FAILED_TX;
	default:		return PGCONN_IN_TX;
	}
}

void
pgconn_take_results(struct pgconn *c)
{
	PGconn *db = c->db;
	struct pgop *op;
	PGresult *res;
	PGnotify *note;
	bool had = c->first != NULL;
	int ends = 0;		/* in a row: more results than the protocol has */

	while ((op = c->first) != NULL && !PQisBusy(db)) {
		res = PQgetResult(db);
		if (res == NULL) {
			op->step += op->got;
			op->got = false;
			if (++ends > 2)
				break;
			continue;
		}
		ends = 0;
		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			c->tx = read_tx(db);
			finish_op(c);
		} else if (op->step < op->n_steps) {
			take_result(c, op, res);
		}
		PQclear(res);
	}
	while ((note = PQnotifies(db)) != NULL)
		PQfreemem(note);
	if (PQstatus(db) != CONNECTION_OK || ends > 2)
		pgconn_fail(c, "closed by the server");
	else if (had && c->first == NULL)
		pgconn_drained(c);		/* may close the connection */
}

void
pgconn_drop_ops(struct pgconn *c)
{
	while (c->first != NULL) {
		c->first->rc = c->first->rc < 0 ? c->first->rc : E_DOWN;
		finish_op(c);
	}
}

int64_t
pgconn_stuck_ms(const struct pgconn *c)
{
	int64_t from_us;

	if (c->first == NULL)
		return 0;
	from_us = c->first->start_us > c->moved_us ? c->first->start_us : c->moved_us;
	return (mono_us() - from_us) / 1000;
}

static bool
send_step(struct pgconn *c, struct pgop *op, struct pg_stmt *stmt, const char *const *values, size_t n)
{
	pg_stmt_register(stmt);
	if (!is_prepared(c, stmt)) {
		if (PQsendPrepare(c->db, stmt->name, stmt->sql, 0, NULL) != 1)
			return false;
		set_prepared(c, stmt, true);
		op->steps[op->n_steps].stmt = stmt;
		op->steps[op->n_steps++].prepare = true;
	}
	op->steps[op->n_steps].stmt = stmt;
	op->steps[op->n_steps++].prepare = false;
	return PQsendQueryPrepared(c->db, stmt->name, (int)n, values, NULL, NULL, 0) == 1;
}

/* Queues `op`, which belongs to the connection until it is done. */
static void
send_op(struct pgconn *c, struct pgop *op, bool with_begin, const char *user, const char *const *values, size_t n)
{
	bool sent;

	op->start_us = mono_us();
	pgconn_cork(c);
	if (c->last != NULL)
		c->last->next = op;
	else
		c->first = op;
	c->last = op;
	c->depth++;
	sent = (!with_begin || send_step(c, op, &begin, NULL, 0)) &&
	    (user == NULL || send_step(c, op, &set_user, &user, 1)) &&
	    send_step(c, op, op->stmt, values, n) && PQpipelineSync(c->db) == 1;
	if (!sent)
		pgconn_fail(c, PQerrorMessage(c->db));
}

static struct pgop *
make_op(struct pg_stmt *stmt)
{
	struct pgop *op = calloc(1, sizeof(*op));

	if (op == NULL)
		bug("no memory for a statement");
	pg_stmt_register(stmt);
	op->stmt = stmt;
	return op;
}

/* Sends a statement for the running coroutine. The connection must be up. */
static struct pgop *
start_op(struct pgconn *c, bool with_begin, const char *user, struct pg_stmt *stmt, const struct pg_arg *args, size_t n,
    struct pg_rows *out)
{
	const char *few[ARGS_ON_STACK], **values = n <= ARGS_ON_STACK
	    ? few : arena_alloc(co_arena(), n * sizeof(*values));
	struct pgop *op = make_op(stmt);
	size_t i;

	for (i = 0; i < n; i++)
		values[i] = args[i].number[0] != '\0' ? args[i].number : args[i].p;
	op->co = co_self();
	op->mem = co_arena();
	op->out = out;
	if (trace_now() != NULL && (op->trace = trace_copy(trace_now())) != NULL)
		trace_child(op->trace, trace_now());
	send_op(c, op, with_begin, user, values, n);
	return op;
}

/* Waits for the statement, unless `rc` is an error already. */
static int
end_op(struct pgop *op, int rc, bool *answered, bool *undone)
{
	*answered = true;
	*undone = false;
	while (!op->done && rc == 0)
		rc = co_park(-1);
	if (!op->done) {
		op->co = NULL;
		op->mem = NULL;		/* both were the coroutine's */
		op->out = NULL;
		*answered = false;
		return rc;
	}
	rc = op->rc;
	*undone = op->undone;
	free_op(op);
	return rc;
}

int
pgconn_query(struct pgconn *c, bool with_begin, const char *user, struct pg_stmt *stmt, const struct pg_arg *args,
    size_t n, struct pg_rows *out, bool *answered, bool *undone)
{
	*answered = true;
	*undone = false;
	if (c->state != PGCONN_UP)
		return E_DOWN;
	return end_op(start_op(c, with_begin, user, stmt, args, n, out), 0, answered, undone);
}

int
pgconn_atomic(struct pgconn *c, struct pg_stmt *commit, struct pg_call *calls, size_t n, bool *answered, bool *undone)
{
	struct pgop **ops = arena_alloc(co_arena(), (n + 1) * sizeof(struct pgop *));
	size_t i, sent;
	int rc = 0, gone = 0;

	*answered = true;
	*undone = false;
	for (sent = 0; sent < n && c->state == PGCONN_UP; sent++)
		ops[sent] = start_op(c, sent == 0, NULL, calls[sent].stmt, calls[sent].args + 1, calls[sent].n - 1,
		    calls[sent].out);
	for (i = sent; i < n; i++)
		calls[i].rc = E_DOWN;
	if (c->state == PGCONN_UP)
		ops[sent++] = start_op(c, false, NULL, commit, NULL, 0, NULL);
	else
		rc = E_DOWN;
	for (i = 0; i < sent; i++) {
		int one = end_op(ops[i], gone, answered, undone);

		if (!*answered)
			gone = one;		/* the remaining statements are not awaited either */
		if (i < n)
			calls[i].rc = one;
		else
			rc = one;
	}
	return rc;
}

void
pgconn_post(struct pgconn *c, struct pg_stmt *stmt)
{
	if (c->state == PGCONN_UP)
		send_op(c, make_op(stmt), false, NULL, NULL, 0);
}
