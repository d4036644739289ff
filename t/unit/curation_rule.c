/* curation_rule.c -- the rules of curation on a grid: boost, quality, decay, growth, fits, variants. */
#include "worker/domain/curation/curation_rule.h"

#include <math.h>

#include "tap.h"

static bool
near_to(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

static void
test_boost(void)
{
	ok(near_to(curation_boost(0.8), 1, 0), "a score of 0.8 itself is not boosted");
	ok(near_to(curation_boost(0.3), 1, 0), "a score of 0.3 itself is not damped");
	ok(near_to(curation_boost(nextafter(0.8, 1)), 1.5, 0), "a score above 0.8 has a boost of 1.5");
	ok(near_to(curation_boost(nextafter(0.3, 0)), 0.5, 0), "a score below 0.3 has a boost of 0.5");
	ok(near_to(curation_boost(0), 0.5, 0) && near_to(curation_boost(1), 1.5, 0) &&
		near_to(curation_boost(0.5), 1, 0),
	    "the ends and the middle of the scale have the three boosts");
}

static void
test_quality(void)
{
	static const int64_t counts[] = { 0, 1, 10, 1000, 50000, 1000000, 10000000 };
	static const double days[] = { 0, 1, 45, 180, 3650 };
	size_t v, l, d;
	bool more_views = true, more_likes = true, fresher = true, within = true;

	ok(near_to(curation_quality(1000000, 50000, 45), 0.8516, 0.00005),
	    "a million views, 50,000 likes and 45 days make 0.8516");
	for (v = 0; v < 7; v++)
		for (l = 0; l < 7; l++)
			for (d = 0; d < 5; d++) {
				double q = curation_quality(counts[v], counts[l], days[d]);

				within = within && q >= 0 && q <= 1;
				more_views =
				    more_views && (v == 0 || q > curation_quality(counts[v - 1], counts[l], days[d]));
				more_likes = more_likes &&
					     (l == 0 || q >= curation_quality(counts[v], counts[l - 1], days[d]));
				fresher =
				    fresher && (d == 0 || q < curation_quality(counts[v], counts[l], days[d - 1]));
			}
	ok(more_views, "quality rises with views over the whole grid");
	ok(more_likes, "quality never falls with more likes");
	ok(fresher, "quality falls with age over the whole grid");
	ok(within, "quality stays between 0 and 1");
	ok(near_to(curation_quality(-5, -5, -3), curation_quality(0, 0, 0), 0), "negative inputs count as 0");
}

static void
test_trends(void)
{
	ok(near_to(curation_decay(0, 1), 1, 0) && near_to(curation_decay(1, 1), 0.5, 1e-12) &&
	    near_to(curation_decay(48, 24), 0.25, 1e-12), "a count halves with each half-life");
	ok(near_to(curation_decay(-5, 1), 1, 0), "what lies ahead has not decayed");
	ok(curation_decay(40000, 180) == 0, "what is very old has none left, rather than what a real cannot hold");
	ok(near_to(trend_growth(10 / M_LN2, 1, 240 / M_LN2, 24), 1, 1e-9), "a steady keyword has a growth of 1");
	ok(trend_growth(40, 1, 240, 24) > 2, "a keyword that comes faster than usual rises");
	ok(trend_growth(0, 1, 240, 24) < 0.1, "a keyword that does not come any more falls");
	ok(near_to(trend_growth(1, 1, 0, 24), (M_LN2 + 0.5) / 0.5, 1e-9), "a single new event is no explosion");
	ok(near_to(trend_growth(1e9, 1, 0, 24), TREND_GROWTH_MAX, 0), "growth is bounded");
	ok(trend_score(10, 4) > trend_score(10, 1) && trend_score(20, 1) > trend_score(10, 1),
	    "the order of trends rises with count and growth");
	ok(near_to(trend_score(-1, 4), 0, 0), "no count is no trend");
}

static void
test_fits(void)
{
	const double none[EMOTIONS] = { 0 }, joy[EMOTIONS] = { 1 }, calm[EMOTIONS] = { 0, 1 },
		     both[EMOTIONS] = { 1, 1 };

	ok(near_to(keyword_pull(0.5, 1), 0, 1e-12), "a neutral keyword pulls neither way");
	ok(near_to(keyword_pull(0.9, 1.5), 0.85, 1e-12) && near_to(keyword_pull(0.1, 0.5), -0.45, 1e-12),
	    "boosted keywords pull up, damped ones down");
	ok(near_to(keyword_fit(0, 0), 0.5, 0), "a video of unknown keywords fits half");
	ok(keyword_fit(1.7, 2) > keyword_fit(0.85, 1) && keyword_fit(0.85, 1) > 0.5, "more liked keywords fit better");
	ok(keyword_fit(-0.45, 1) < 0.5 && keyword_fit(-9, 1) >= 0, "disliked keywords fit worse, never below 0");
	ok(near_to(emotion_fit(none, joy), 0.5, 0) && near_to(emotion_fit(joy, none), 0.5, 0),
	    "without emotions a video fits half");
	ok(near_to(emotion_fit(joy, joy), 1, 1e-12) && near_to(emotion_fit(joy, calm), 0, 1e-12),
	    "the same emotion fits fully, another one not at all");
	ok(near_to(emotion_fit(both, joy), sqrt(0.5), 1e-12), "a mixed video fits in part");
	is_int(emotion_find("calm"), 1, "an emotion is found by its name");
	is_int(emotion_find("hunger"), -1, "another word is no emotion");
	ok(emotion_name(EMOTIONS) == NULL, "there is no name past the last emotion");
}

static void
test_variant(void)
{
	char user[32];
	int i, b = 0, moved = 0, same = 0;

	for (i = 0; i < 10000; i++) {
		snprintf(user, sizeof(user), "user-%d", i);
		b += curation_variant("ranking", user, 30);
		same += curation_variant("ranking", user, 50) == curation_variant("other", user, 50);
		moved += curation_variant("ranking", user, 30) > curation_variant("ranking", user, 40);
	}
	ok(b > 2800 && b < 3200, "30 percent of the users get the second variant (%d of 10000)", b);
	ok(same > 4700 && same < 5300, "experiments are independent of each other (%d of 10000 agree)", same);
	is_int(moved, 0, "a larger share moves no user back to the first variant");
	is_int(
	    curation_variant("ranking", "kim", 0) + curation_variant("ranking", "lee", 0), 0, "0 percent is no user");
	is_int(curation_variant("ranking", "kim", 100), 1, "100 percent is every user");
}

int
main(void)
{
	test_boost();
	test_quality();
	test_trends();
	test_fits();
	test_variant();
	return done_testing();
}
