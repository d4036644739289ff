/* eval_measure.c -- offline evaluation: what is measured of lists, and the simple recommenders. */
#include "worker/domain/curation/eval_measure.h"

#include <math.h>

#include "tap.h"
#include "worker/domain/curation/eval_baseline.h"

#define NUMBERS(...) { (int32_t[]){ __VA_ARGS__ }, sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t) }

static uint64_t tea[] = { 1, 2 }, kyoto[] = { 2, 3 }, jazz[] = { 9 };
static struct eval_video videos[] = {
	{ "a", tea, 2 }, { "b", kyoto, 2 }, { "c", jazz, 1 }, { "d", tea, 2 }, { "e", NULL, 0 },
};
/* b is liked by three, a by two, c and d by one, e by none. */
static struct eval_user users[] = {
	{ .id = "u0", .liked = NUMBERS(0, 1) }, { .id = "u1", .liked = NUMBERS(0, 1, 3) },
	{ .id = "u2", .liked = NUMBERS(1, 2) }, { .id = "u3", .liked = NUMBERS(0), .other = NUMBERS(4) },
};
static const struct eval_data data = { .videos = videos, .users = users, .n_videos = 5, .n_users = 4 };

static bool
near_to(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void
test_measures(struct arena *mem, const struct baseline *b)
{
	struct eval_user one = { .relevant = NUMBERS(1) }, two = { .relevant = NUMBERS(1, 3) };
	struct eval_measure m;

	eval_measure_init(mem, &m, "x", &data);
	ok(eval_ndcg(&m) == 0 && eval_hit_rate(&m) == 0 && eval_diversity(&m) == 0, "without cases all is 0");
	eval_measure_add(&m, &data, &one, baseline_popularity(b), (int32_t[]){ 1, 2 }, 2, 2);
	ok(near_to(eval_ndcg(&m), 1) && near_to(eval_hit_rate(&m), 1), "a hit in the first place is all there is");
	ok(near_to(eval_coverage(&m, &data), 0.4), "the coverage is of the catalogue");
	ok(near_to(eval_novelty(&m), (log2(5.0 / 4) + log2(5.0 / 2)) / 2), "the novelty is how few liked a video");
	ok(near_to(eval_diversity(&m), 1), "without common keywords a list is diverse");
	eval_measure_add(&m, &data, &one, baseline_popularity(b), (int32_t[]){ 0, 1 }, 2, 2);
	ok(near_to(eval_ndcg(&m), (1 + 1 / log2(3)) / 2), "a hit in the second place counts less");
	ok(near_to(eval_diversity(&m), (1 + 2.0 / 3) / 2), "one of three keywords in common is two thirds diverse");
	eval_measure_add(&m, &data, &one, baseline_popularity(b), (int32_t[]){ 0, 2, 1 }, 3, 2);
	ok(near_to(eval_hit_rate(&m), 2.0 / 3), "a video below the k-th place is no hit");
	eval_measure_init(mem, &m, "x", &data);
	eval_measure_add(&m, &data, &two, baseline_popularity(b), (int32_t[]){ 1, -1, 3 }, 3, 3);
	ok(near_to(eval_ndcg(&m), (1 + 0.5) / (1 + 1 / log2(3))), "two relevant: against the best order of both");
	eval_measure_add(&m, &data, &two, baseline_popularity(b), NULL, 0, 3);
	ok(near_to(eval_hit_rate(&m), 0.5), "an empty list is a miss");
	ok(eval_ndcg_error(&m) > 0, "the mean has an error");
}

static void
test_baselines(struct baseline *b)
{
	int32_t list[5];
	size_t n, i;

	n = baseline_popular(b, &users[3], list, 5);
	is_int((int64_t)n, 3, "what was seen is not recommended, liked or not");
	ok(list[0] == 1 && list[1] == 2 && list[2] == 3, "the most liked first, equals by id");
	is_int((int64_t)baseline_popular(b, &users[3], list, 1), 1, "no more than asked for");
	n = baseline_knn(b, &users[3], list, 5);
	is_int((int64_t)n, 2, "neighbours are those with a common user");
	ok(list[0] == 1 && list[1] == 3, "two common users of (3, 3) come before one of (3, 1)");
	ok(baseline_knn(b, &users[3], list, 5) == 2 && list[0] == 1, "the same again");
	n = baseline_random(b, &users[0], list, 5);
	for (i = 0; i < n; i++)
		if (list[i] < 2)
			break;
	ok(n == 3 && i == n, "random videos are not seen ones, each once");
	is_int(eval_number(&data, "c"), 2, "a video is found by its id");
	is_int(eval_number(&data, "cc"), -1, "an unknown one is not");
}

int
main(void)
{
	struct arena mem;
	struct baseline *b;

	arena_init(&mem, 4096);
	b = baseline_new(&mem, &data);
	test_measures(&mem, b);
	test_baselines(b);
	arena_fini(&mem);
	return done_testing();
}
