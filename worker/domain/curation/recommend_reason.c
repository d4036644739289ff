/* recommend_reason.c -- see recommend_reason.h. Pure. See: t/unit/recommend_reason.c
 *
 * The Korean sentences put no particle behind the word, which would depend on its last letter.
 */
#include "recommend_reason.h"

#include "base/str.h"

static const struct {
	const char	*name, *ko, *en;	/* with one %s */
	const char	*ko_plain, *en_plain;	/* without a word */
} reasons[] = {
	[REASON_PIN] = { "pin", NULL, NULL, "에디터가 추천하는 영상", "Picked by the editors" },
	[REASON_NEIGHBOUR] = { "neighbour", "‘%s’ 시청자들이 함께 본 영상", "Watched by people who watched “%s”",
	    "비슷한 취향의 시청자들이 본 영상", "Watched by people with a taste like yours" },
	[REASON_KEYWORD] = { "keyword", "관심 키워드 ‘%s’ 관련 영상", "Because you like “%s”",
	    "관심 키워드와 관련된 영상", "Matches your interests" },
	[REASON_MOOD] = { "mood", "지금 기분(%s)에 어울리는 영상", "Fits your mood: %s",
	    "지금 기분에 어울리는 영상", "Fits your mood" },
	[REASON_TREND] = { "trend", "지금 뜨는 키워드 ‘%s’", "Trending now: “%s”",
	    "지금 뜨는 영상", "Trending now" },
	[REASON_POPULAR] = { "popular", NULL, NULL, "지금 많이 보는 영상", "Popular right now" },
	[REASON_SIMILAR] = { "similar", "‘%s’ 영상과 비슷한 키워드", "Like “%s”",
	    "비슷한 키워드의 영상", "On a similar subject" },
};

static const char *const moods[EMOTIONS] = { "기쁨", "차분함", "슬픔", "분노", "두려움", "놀라움", "설렘", "편안함" };

const char *
recommend_reason(struct arena *mem, enum rank_reason reason, const char *word, bool english)
{
	const char *form = english ? reasons[reason].en : reasons[reason].ko;
	int mood = reason == REASON_MOOD ? emotion_find(word) : -1;

	if (form == NULL || word == NULL || *word == '\0')
		return english ? reasons[reason].en_plain : reasons[reason].ko_plain;
	return arena_printf(mem, form, mood >= 0 && !english ? moods[mood] : word);
}

const char *
recommend_reason_name(enum rank_reason reason)
{
	return reasons[reason].name;
}
