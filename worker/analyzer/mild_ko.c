/* mild_ko.c -- finds the phrases of an indifferent review. See mild_ko.h.
 *
 * The trained model cannot learn them: its reviews were all rated high or low, and reviewers who call a film ordinary
 * rate it low. A phrase decides nothing, it only widens the neutral band (model.c).
 */
#include "mild_ko.h"

#include <string.h>

#include "base/str.h"

#define PHRASE(s)	{ s, sizeof(s) - 1 }
static const struct str phrases[] = {
	PHRASE("그럭저럭"), PHRASE("그런대로"), PHRASE("그저 그"), PHRASE("그저그"), PHRASE("그냥저냥"), PHRASE("쏘쏘"),
	PHRASE("평범한"), PHRASE("평범하"), PHRASE("평범해"), PHRASE("무난"), PHRASE("보통이"), PHRASE("보통 정도"), PHRASE("보통입"),
	PHRASE("가격만큼"), PHRASE("값만큼"), PHRASE("사용 전이"), PHRASE("나쁘지도"), PHRASE("좋지도 나쁘"), PHRASE("장단점이"),
	PHRASE("호불호"), PHRASE("별 차이"), PHRASE("차이를 모르겠"), PHRASE("별 세 개"), PHRASE("특별할 것 없"), PHRASE("평균적"),
	PHRASE("생각한 만큼"), PHRASE("안 써 봤"), PHRASE("안 써 봐"), PHRASE("써 보지는 못"),
};

/* Whether a phrase begins at `p`. All begin with a three-byte syllable, whose last byte rules out most places at once.
 */
static bool
begins_phrase(const char *p, const char *end)
{
	size_t i;

	for (i = 0; i < NELEM(phrases); i++)
		if (p[2] == phrases[i].p[2] && (size_t)(end - p) >= phrases[i].n &&
		    memcmp(p, phrases[i].p, phrases[i].n) == 0)
			return true;
	return false;
}

bool
is_mild(const char *text, size_t n)
{
	const char *p, *end = text + n;

	for (p = text; end - p >= 3; p++)
		if ((unsigned char)*p >= 0xea && (unsigned char)*p <= 0xed && begins_phrase(p, end))
			return true;
	return false;
}
