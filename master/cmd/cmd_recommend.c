/* cmd_recommend.c -- `dure recommend eval`: measures recommendations offline on the data of this database. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/grid.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd.h"
#include "worker/domain/curation/recommend_eval.h"

static const char *const splits[] = { [EVAL_LAST] = "last", [EVAL_TIME] = "time" };

static struct {
	struct eval_scope scope;
	int64_t	 k, minutes;
	bool	 json;
} run = { .scope = { .split = EVAL_TIME, .users = 1000, .interactions = 1000000 }, .k = 20, .minutes = 10 };

static bool
parse_split(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(splits); i++)
		if (strcmp(name, splits[i]) == 0) {
			run.scope.split = (enum eval_split)i;
			return true;
		}
	return false;
}

static bool
parse_option(const char *name, const char *value)
{
	const struct { const char *name; int64_t max, *at; } numbers[] = {
		{ "--k", EVAL_K_MAX, &run.k }, { "--users", 100000, &run.scope.users },
		{ "--interactions", 20000000, &run.scope.interactions }, { "--minutes", 600, &run.minutes },
	};
	size_t i;

	if (value == NULL)
		return false;
	if (strcmp(name, "--split") == 0)
		return parse_split(value);
	for (i = 0; i < NELEM(numbers); i++)
		if (strcmp(name, numbers[i].name) == 0)
			return parse_int(value, 1, numbers[i].max, numbers[i].at);
	return false;
}

static bool
parse_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			run.json = true;
		else if (parse_option(argv[i], argv[i + 1]))
			i++;
		else
			return false;
	return true;
}

static double
mean_ms(const struct eval_measure *m)
{
	return m->cases > 0 ? (double)m->spent_us / 1000 / (double)m->cases : 0;
}

static struct str
method_json(struct arena *mem, const struct eval_measure *m, const struct eval_data *d)
{
	return json_obj(mem, JS("name", m->name), JD("ndcg", eval_ndcg(m)), JD("ndcgError", eval_ndcg_error(m)),
	    JD("hitRate", eval_hit_rate(m)), JD("coverage", eval_coverage(m, d)), JD("novelty", eval_novelty(m)),
	    JD("diversity", eval_diversity(m)), JD("timeMs", mean_ms(m)));
}

static void
put_json(struct arena *mem, struct buf *out, const struct recommend_report *r)
{
	struct buf methods = { 0 };
	struct str s;
	int i;

	buf_byte(&methods, '[');
	for (i = 0; i < EVAL_METHODS; i++) {
		s = method_json(mem, &r->methods[i], &r->data);
		buf_printf(&methods, "%s%.*s", i > 0 ? "," : "", (int)s.n, s.p);
	}
	buf_byte(&methods, ']');
	s = json_obj(mem, JS("split", splits[run.scope.split]), JI("k", run.k), JI("cases", (int64_t)r->data.n_cases),
	    JI("users", (int64_t)r->data.n_users), JI("videos", (int64_t)r->data.n_videos),
	    JI("interactions", (int64_t)r->data.n_interactions), JI("trainingMs", r->train_ms),
	    JI("untrained", r->left),
	    JR("methods", buf_to_arena(mem, &methods)));
	buf_printf(out, "%.*s\n", (int)s.n, s.p);
}

static void
put_text(struct arena *mem, struct buf *out, const struct recommend_report *r)
{
	struct grid t;
	int i;

	buf_printf(out, "%zu cases of %zu users; %zu videos and %zu interactions before the cut (%s)\n"
	    "neighbours computed in %.1f s\n", r->data.n_cases, r->data.n_users, r->data.n_videos,
	    r->data.n_interactions, splits[run.scope.split], (double)r->train_ms / 1000);
	if (r->left > 0)
		buf_printf(out, "%lld videos have no neighbours yet: give it more --minutes\n", (long long)r->left);
	buf_byte(out, '\n');
	grid_init(&t, mem);
	grid_add(&t, "METHOD", arena_printf(mem, "NDCG@%lld", (long long)run.k), "HIT RATE", "COVERAGE", "NOVELTY",
	    "DIVERSITY", "MS", NULL);
	for (i = 0; i < EVAL_METHODS; i++) {
		const struct eval_measure *m = &r->methods[i];

		grid_add(&t, m->name, arena_printf(mem, "%.4f ± %.4f", eval_ndcg(m), eval_ndcg_error(m)),
		    arena_printf(mem, "%.3f", eval_hit_rate(m)), arena_printf(mem, "%.3f", eval_coverage(m, &r->data)),
		    arena_printf(mem, "%.2f", eval_novelty(m)), arena_printf(mem, "%.3f", eval_diversity(m)),
		    arena_printf(mem, "%.2f", mean_ms(m)), NULL);
	}
	grid_text(&t, out);
}

static int
evaluate(struct arena *mem)
{
	struct recommend_report r;
	struct buf out = { 0 };
	int rc = recommend_eval(mem, &run.scope, (size_t)run.k, run.minutes * 60000, &r);

	if (rc < 0) {
		cmd_complain("recommend eval", rc == E_NOT_FOUND ?
		    "no user liked videos both before and after the cut" : cmd_why(rc));
		return 1;
	}
	(run.json ? put_json : put_text)(mem, &out, &r);
	cmd_print(&out);
	return 0;
}

int
cmd_recommend(int argc, char **argv)
{
	if (!parse_arguments(argc, argv)) {
		fprintf(stderr, "usage: dure recommend eval [--split last|time] [--k 1..%d] [--users N]"
		    " [--interactions N] [--minutes N] [--json]\n", EVAL_K_MAX);
		return EXIT_USAGE;
	}
	return cmd_in_loop(LINK_PG, evaluate);
}
