/* recommend_eval.c -- see recommend_eval.h. Yields: recommend_eval. */
#include "recommend_eval.h"

#include "affinity.h"
#include "base/err.h"
#include "base/str.h"
#include "eval_baseline.h"
#include "link/pg.h"
#include "recommend_candidates.h"
#include "run/co.h"

typedef size_t baseline_fn(struct baseline *, const struct eval_user *, int32_t *, size_t);

static const struct { const char *name; baseline_fn *fn; } baselines[] = {
	{ "item-knn", baseline_knn }, { "popularity", baseline_popular }, { "random", baseline_random },
};
_Static_assert(RANK_VARIANTS + NELEM(baselines) == EVAL_METHODS, "methods");

struct run {
	struct pg		*pg;
	struct recommend_report	*out;
	struct baseline		*baseline;
	size_t			 k;
};

/* Each variant ranks the same candidates; reading them is counted for each. */
static int
try_variants(struct run *run, const struct eval_user *u)
{
	struct recommend_ask ask = { .user = u->id, .emotion = -1, .pg = run->pg, .now_s = u->cut_s };
	struct rank_video *picked[EVAL_K_MAX];
	struct recommend_pool pool;
	int32_t list[EVAL_K_MAX];
	int64_t began_us = mono_us(), read_us;
	size_t n, i, method;
	int rc;

	if ((rc = recommend_candidates(co_arena(), &ask, &pool)) < 0)
		return rc;
	read_us = mono_us() - began_us;
	for (i = 0; i < pool.n; i++)
		pool.v[i].pinned = false;
	for (method = 0; method < RANK_VARIANTS; method++) {
		struct eval_measure *m = &run->out->methods[method];

		began_us = mono_us();
		n = recommend_rank(co_arena(), &rank_variants[method], &pool.taste, pool.v, pool.n, run->k, picked);
		m->spent_us += read_us + mono_us() - began_us;
		for (i = 0; i < n; i++)
			list[i] = eval_number(&run->out->data, picked[i]->id);
		eval_measure_add(m, &run->out->data, u, baseline_popularity(run->baseline), list, n, run->k);
	}
	return 0;
}

static void
try_baselines(struct run *run, const struct eval_user *u)
{
	int32_t list[EVAL_K_MAX];
	size_t i, n;

	for (i = 0; i < NELEM(baselines); i++) {
		struct eval_measure *m = &run->out->methods[RANK_VARIANTS + i];
		int64_t began_us = mono_us();

		n = baselines[i].fn(run->baseline, u, list, run->k);
		m->spent_us += mono_us() - began_us;
		eval_measure_add(m, &run->out->data, u, baseline_popularity(run->baseline), list, n, run->k);
	}
}

static int
try_users(struct run *run)
{
	const struct eval_data *d = &run->out->data;
	size_t i;
	int rc = 0;

	for (i = 0; i < d->n_users && rc == 0; i++) {
		struct arena_mark mark = arena_mark(co_arena());

		if (d->users[i].relevant.n == 0)
			continue;
		rc = try_variants(run, &d->users[i]);
		arena_release(co_arena(), mark);
		if (rc == 0)
			try_baselines(run, &d->users[i]);
	}
	return rc;
}

static void
name_methods(struct arena *mem, struct recommend_report *out)
{
	size_t i;

	for (i = 0; i < EVAL_METHODS; i++)
		eval_measure_init(mem, &out->methods[i], i < RANK_VARIANTS ? rank_variants[i].algorithm
		    : baselines[i - RANK_VARIANTS].name, &out->data);
}

static int
evaluate(struct arena *mem, struct run *run, const struct eval_scope *scope, int64_t limit_ms)
{
	struct recommend_report *out = run->out;
	int64_t began_ms, n;
	int rc;

	if ((rc = eval_open(run->pg, scope)) < 0 || (rc = eval_read(mem, run->pg, &out->data)) < 0)
		return rc;
	if (out->data.n_cases == 0)
		return E_NOT_FOUND;
	began_ms = mono_ms();
	if ((rc = affinity_run_in(run->pg, limit_ms, &n, &out->left)) < 0)
		return rc;
	out->train_ms = mono_ms() - began_ms;
	name_methods(mem, out);
	run->baseline = baseline_new(mem, &out->data);
	return try_users(run);
}

int
recommend_eval(struct arena *mem, const struct eval_scope *scope, size_t k, int64_t limit_ms,
    struct recommend_report *out)
{
	struct run run = { .out = out, .k = k < EVAL_K_MAX ? k : EVAL_K_MAX };
	int rc;

	*out = (struct recommend_report){ 0 };
	if ((rc = pg_begin(&run.pg)) < 0)
		return rc;
	rc = evaluate(mem, &run, scope, limit_ms);
	pg_rollback(&run.pg);
	return rc;
}
