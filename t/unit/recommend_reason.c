/* recommend_reason.c -- every reason in Korean and English, with and without a word. */
#include "worker/domain/curation/recommend_reason.h"

#include "tap.h"

int
main(void)
{
	struct arena mem;
	int r;

	arena_init(&mem, 4096);
	is_str(recommend_reason(&mem, REASON_KEYWORD, "요가", false), "관심 키워드 ‘요가’ 관련 영상", "a keyword in Korean");
	is_str(recommend_reason(&mem, REASON_KEYWORD, "yoga", true), "Because you like “yoga”", "a keyword in English");
	is_str(recommend_reason(&mem, REASON_MOOD, "calm", false), "지금 기분(차분함)에 어울리는 영상",
	    "an emotion is named in Korean");
	is_str(recommend_reason(&mem, REASON_MOOD, "calm", true), "Fits your mood: calm",
	    "an emotion is named in English");
	is_str(recommend_reason(&mem, REASON_NEIGHBOUR, "100%d %s", true), "Watched by people who watched “100%d %s”",
	    "a title is data, not a format");
	is_str(recommend_reason(&mem, REASON_NEIGHBOUR, NULL, true), "Watched by people with a taste like yours",
	    "without a title the sentence does without");
	is_str(recommend_reason(&mem, REASON_PIN, "ignored", true), "Picked by the editors", "a pin has no word");
	for (r = REASON_PIN; r <= REASON_SIMILAR; r++)
		ok(*recommend_reason(&mem, (enum rank_reason)r, "x", false) != '\0' &&
		    *recommend_reason(&mem, (enum rank_reason)r, "", true) != '\0' &&
		    *recommend_reason_name((enum rank_reason)r) != '\0', "reason %d has its texts and a name", r);
	arena_fini(&mem);
	return done_testing();
}
