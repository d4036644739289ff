/* analyzer_report.c -- the analyzer's messages: progress that only grows, keywords asked for by name, a result that
 * adds up. */
#include "tap.h"

#include "base/json.h"
#include "worker/analyzer/report.h"

static struct arena mem;

static const struct json *
parsed(struct str s)
{
	const struct json *j = NULL;

	is_int(json_parse(&mem, s.p, s.n, &j), 0, "a report is JSON");
	return j;
}

static void
add(struct tally *t, struct wanted *w, const char *text, enum sentiment label)
{
	struct verdict v = { label, label == POSITIVE ? 0.95f : 0.05f, 0.95f };

	tally_add(t, text, strlen(text), &v);
	wanted_add(w, text, strlen(text), label);
}

static void
test_wanted(const struct wanted *w)
{
	is_int(w->v[0].by[POSITIVE], 30, "a Korean keyword is counted by sentiment");
	is_int(w->v[0].by[NEGATIVE], 10, "a Korean keyword is counted in each sentiment it occurs in");
	is_int(w->v[1].by[NEGATIVE], 10, "Latin letters are counted whatever their case");
	is_int(w->v[2].by[POSITIVE] + w->v[2].by[NEGATIVE], 0, "a keyword that never occurs is counted as zero");
}

static void
test_progress(struct report *r, const struct tally *t)
{
	struct tally none;
	int64_t before = -1, now = 0;
	enum step step;

	tally_init(&none);
	for (step = STEP_CRAWL; step <= STEP_SUMMARISE; step++) {
		r->step = step;
		ok(json_int(json_get(parsed(report_progress(&mem, r, step == STEP_CRAWL ? &none : t)), "progress"),
		    &now) && now > before && now < 100, "step %d has a higher progress: %d", (int)step, (int)now);
		before = now;
	}
	tally_fini(&none);
}

static void
test_result(const struct report *r, const struct tally *t, const struct wanted *w)
{
	const struct json *j = parsed(report_result(&mem, r, t, w, LANGUAGE_EN)), *s = json_get(j, "sentiment"), *k,
	    *first;
	int64_t n = 0;
	int twice = 0;

	ok(json_num(json_get(s, "positive"), 0) + json_num(json_get(s, "negative"),
	    0) + json_num(json_get(s, "neutral"), 0) == 100.0,
	    "the shares add up to a hundred");
	is_str(json_str(json_get(j, "status")), "completed", "the report is completed");
	ok(json_int(json_get(j, "totalReviews"), &n) && n == 40, "the report covers all reviews");
	ok(strncmp(json_str(json_get(j, "summary")), "Of ", 3) == 0,
	    "the summary is in English when English is requested");
	is_str(json_str(json_get(j, "language")), "en", "the report names English as its language");
	is_str(json_str(json_get(parsed(report_result(&mem, r, t, w, LANGUAGE_KO)), "language")), "ko",
	    "the summary is in Korean when Korean is requested");
	first = json_first(json_get(j, "keywords"));
	is_str(json_str(json_get(first, "keyword")), "배송", "the requested keywords come first");
	ok(json_bool(json_get(first, "requested"), false), "a requested keyword is marked as requested");
	ok(json_int(json_get(first, "count"), &n) && n == 40, "a requested keyword has its count");
	is_str(json_str(json_get(first, "sentiment")), "positive",
	    "a requested keyword has the sentiment of most of its reviews");
	for (k = json_next(first); k != NULL; k = json_next(k))
		twice += strcmp(json_str(json_get(k, "keyword")), "배송") == 0;
	is_int(twice, 0, "a requested keyword is not listed twice");
	is_str(json_str(json_get(parsed(report_failure(&mem, r, "NO_REVIEWS: none")), "status")), "failed",
	    "a failed report says that it failed");
}

int
main(void)
{
	const char *words[] = { "배송", "Battery", "zebra" };
	struct report r = { .task_id = "t", .product_id = "p", .total = 40 };
	struct wanted w;
	struct tally t;
	int i;

	arena_init(&mem, 65536);
	tally_init(&t);
	wanted_init(&w, &mem, (struct strs){ words, 3 });
	for (i = 0; i < 30; i++)
		add(&t, &w, "배송이 빨라서 정말 좋아요", POSITIVE);
	for (i = 0; i < 10; i++)
		add(&t, &w, "배송은 왔는데 BATTERY가 금방 닳아요", NEGATIVE);
	test_wanted(&w);
	test_progress(&r, &t);
	test_result(&r, &t, &w);
	wanted_fini(&w);
	tally_fini(&t);
	arena_fini(&mem);
	return done_testing();
}
