/* recommend_rank.c -- the ranking core: scores, boosts, pins, channels, diversity, reasons. */
#include "worker/domain/curation/recommend_rank.h"

#include "base/str.h"
#include "tap.h"

enum { VIDEOS = 60, NOW_S = 1790000000 };

static struct arena mem;
static struct rank_video v[VIDEOS], *out[VIDEOS];
static const struct rank_taste nothing = { .now_s = NOW_S };

static struct strs
words(const char *a, const char *b)
{
	struct strs s = { arena_alloc(&mem, 2 * sizeof(char *)), 0 };

	if (a != NULL)
		s.v[s.n++] = a;
	if (b != NULL)
		s.v[s.n++] = b;
	return s;
}

/* Equal videos, each of a channel and a keyword of its own. */
static void
make_videos(int n)
{
	int i;

	arena_reset(&mem);
	for (i = 0; i < n; i++)
		v[i] = (struct rank_video){ .id = arena_printf(&mem, "v%d", i), .channel = arena_printf(&mem, "c%d", i),
		    .keywords = words(arena_printf(&mem, "k%d", i), NULL), .published_s = NOW_S - 86400,
		    .views = 1000, .likes = 10, .boost = 1, .neighbour = 0.5, .heat = 1 };
}

static size_t
rank(const struct rank_taste *taste, int n, size_t limit)
{
	return recommend_rank(&mem, &rank_variants[0], taste, v, (size_t)n, limit, out);
}

static int
place_of(const char *id, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(out[i]->id, id) == 0)
			return (int)i;
	return -1;
}

static void
test_scores(void)
{
	const char *liked[] = { "k3" };
	double pulls[] = { 0.85 };
	struct rank_taste taste = { .keywords = liked, .pulls = pulls, .n = 1, .now_s = NOW_S };

	make_videos(10);
	is_int((int64_t)rank(&nothing, 10, 20), 10, "a list holds no more than there are candidates");
	is_int((int64_t)rank(&nothing, 10, 4), 4, "a list holds no more than was asked for");
	is_int((int64_t)rank(&nothing, 0, 20), 0, "without candidates the list is empty");
	rank(&taste, 10, 20);
	is_str(out[0]->id, "v3", "a liked keyword comes first among equals");
	v[5].neighbour = 1;
	rank(&taste, 10, 20);
	is_str(out[0]->id, "v5", "a near neighbour of what was watched comes before a liked keyword");
	v[7].boost = 10;
	rank(&taste, 10, 20);
	is_str(out[0]->id, "v7", "an editor's boost multiplies the score");
	v[7].boost = 0.01;
	rank(&taste, 10, 20);
	is_int(place_of("v7", 10), 9, "a boost below 1 lowers it");
}

static void
test_factors(void)
{
	make_videos(3);
	v[1].published_s = NOW_S - 900 * 86400;
	rank(&nothing, 3, 3);
	is_int(place_of("v1", 3), 2, "an old video comes last among equals");
	make_videos(3);
	v[1].views = 1000000;
	rank(&nothing, 3, 3);
	is_int(place_of("v1", 3), 0, "a video of more views comes first among equals");
	make_videos(3);
	v[1].heat = 50;
	rank(&nothing, 3, 3);
	is_int(place_of("v1", 3), 0, "a video that is watched now comes first among equals");
}

static void
test_memory(void)
{
	make_videos(5);
	v[0].neighbour = 0.6;
	v[1].lasting = 1;
	recommend_rank(&mem, &rank_variants[0], &nothing, v, 5, 5, out);
	is_str(out[0]->id, "v0", "hybrid-a puts what is near to the last videos first");
	recommend_rank(&mem, &rank_variants[1], &nothing, v, 5, 5, out);
	is_str(out[0]->id, "v1", "hybrid-b what is near to many");
}

static void
test_channels(void)
{
	size_t n, i, same = 0;

	make_videos(40);
	for (i = 0; i < 12; i++) {
		v[i].channel = "busy";
		v[i].neighbour = 1;
	}
	n = rank(&nothing, 40, 20);
	for (i = 0; i < n; i++)
		same += strcmp(out[i]->channel, "busy") == 0;
	is_int((int64_t)n, 20, "other channels fill the list");
	is_int((int64_t)same, 2, "at most two of a channel are among 20");
	n = rank(&nothing, 40, 40);
	for (i = 0, same = 0; i < n; i++)
		same += strcmp(out[i]->channel, "busy") == 0;
	ok(same > 2, "the limit moves on with the list: %zu of a channel among %zu", same, n);
	make_videos(10);
	for (i = 0; i < 10; i++)
		v[i].channel = "";
	is_int((int64_t)rank(&nothing, 10, 10), 10, "videos without a channel are not of the same one");
}

static void
test_diversity(void)
{
	make_videos(6);
	v[0].neighbour = 1;
	v[1].neighbour = 0.99;
	v[2].neighbour = 0.95;
	v[0].keywords = v[1].keywords = words("tea", "kyoto");
	recommend_rank(&mem, &rank_variants[1], &nothing, v, 6, 6, out);
	is_str(out[0]->id, "v0", "the best comes first");
	is_str(out[1]->id, "v2", "a slightly worse video of other keywords comes before a repetition");
}

static void
test_reasons(void)
{
	const char *liked[] = { "k3" };
	double pulls[] = { 0.85 };
	struct rank_taste taste = { .keywords = liked, .pulls = pulls, .n = 1, .now_s = NOW_S };
	int i;

	make_videos(10);
	for (i = 0; i < 10; i++)
		v[i].neighbour = 0;
	v[1].pinned = true;
	v[2].neighbour = 1;
	v[2].because = "seen";
	v[4].trend = "k4";
	rank(&taste, 10, 10);
	is_str(out[0]->id, "v1", "a pinned video comes first");
	is_int(v[1].reason, REASON_PIN, "its reason is the pin");
	is_int(v[2].reason, REASON_NEIGHBOUR, "the reason of a neighbour is what was watched");
	is_int(v[3].reason, REASON_KEYWORD, "the reason of a liked keyword is the keyword");
	is_str(v[3].word, "k3", "the keyword is named");
	is_int(v[4].reason, REASON_TREND, "the reason of a rising keyword is the trend");
	is_int(v[5].reason, REASON_POPULAR, "without another reason a video is popular");
	for (i = 0; i < 8; i++)
		v[i].pinned = true;
	rank(&taste, 10, 10);
	is_int((int64_t)(out[0]->pinned + out[1]->pinned + out[2]->pinned + out[3]->pinned), 3,
	    "at most three pins are in a list");
}

static void
test_mood(void)
{
	struct rank_taste calm = { .now_s = NOW_S, .mood = true, .emotions = { 0, 1 } };

	make_videos(4);
	v[2].emotions[1] = 0.9;
	v[3].emotions[3] = 0.9;
	rank(&calm, 4, 4);
	is_str(out[0]->id, "v2", "a video of the wanted emotion comes first");
	is_str(out[3]->id, "v3", "one of another emotion comes last");
	is_int(v[2].reason, REASON_MOOD, "its reason is the mood");
	is_str(v[2].word, "calm", "the mood is named");
}

int
main(void)
{
	arena_init(&mem, 65536);
	test_scores();
	test_factors();
	test_memory();
	test_channels();
	test_diversity();
	test_reasons();
	test_mood();
	arena_fini(&mem);
	return done_testing();
}
