/* stem_ko.c -- the stem of a Korean word by its written ending. See stem.h.
 *
 * A particle must agree with the syllable before it (이 after a final consonant, 가 after a vowel); this rule alone
 * keeps most words that merely end alike intact. A stem must have two syllables. Verbs are recognised by their endings
 * and by the tense mark (a final ㅆ or ㅄ); they are no keywords, except for a few that name a quality ("재밌다": 재미).
 */
#include "stem.h"

#include <string.h>

#include "base/str.h"
#include "stop_words.h"

#define SYLLABLE	3	/* bytes of one in UTF-8 */
#define SYLLABLES_MAX	7

enum agree { ANY, CLOSED, OPEN };	/* the syllable before: any, with or without a final consonant */

/* The longer of two endings that can match comes first. */
#define END(text, form, after) { text, sizeof(text) - 1, form, after }
static const struct {
	const char	*text;
	uint8_t		 n;
	uint16_t	 form;
	uint8_t		 after;
} endings[] = {
	END("이었습니다", FORM_IS, CLOSED), END("스럽습니다", FORM_DOES, ANY), END("였습니다", FORM_IS, OPEN),
	END("했습니다", FORM_DOES, ANY), END("됐습니다", FORM_DOES, ANY), END("적입니다", FORM_DOES, ANY),
	END("적이에요", FORM_DOES, ANY), END("적이네요", FORM_DOES, ANY), END("스러워요", FORM_DOES, ANY),
	END("이었어요", FORM_IS, CLOSED), END("에서는", FORM_AT, ANY), END("에서도", FORM_AT, ANY),
	END("으로는", FORM_AT, CLOSED), END("으로도", FORM_AT, CLOSED), END("이라도", FORM_ALSO, CLOSED),
	END("이라서", FORM_IS, CLOSED), END("이라고", FORM_IS, CLOSED), END("이라는", FORM_IS, CLOSED),
	END("입니다", FORM_IS, ANY), END("이에요", FORM_IS, CLOSED), END("이네요", FORM_IS, CLOSED),
	END("이었다", FORM_IS, CLOSED), END("이지만", FORM_IS, CLOSED), END("였어요", FORM_IS, OPEN),
	END("이예요", FORM_IS, CLOSED), END("인데요", FORM_IS, ANY), END("합니다", FORM_DOES, ANY),
	END("하네요", FORM_DOES, ANY), END("하지만", FORM_DOES, ANY), END("했어요", FORM_DOES, ANY),
	END("했지만", FORM_DOES, ANY), END("했는데", FORM_DOES, ANY), END("하는데", FORM_DOES, ANY),
	END("하면서", FORM_DOES, ANY), END("하다고", FORM_DOES, ANY), END("됩니다", FORM_DOES, ANY),
	END("스러운", FORM_DOES, ANY), END("스럽다", FORM_DOES, ANY), END("스럽게", FORM_DOES, ANY),
	END("스럽고", FORM_DOES, ANY), END("적이고", FORM_DOES, ANY), END("적이다", FORM_DOES, ANY),
	END("적으로", FORM_DOES, ANY), END("적이게", FORM_DOES, ANY), END("적이며", FORM_DOES, ANY),
	END("적이지", FORM_DOES, ANY), END("에서", FORM_AT, ANY), END("에는", FORM_AT, ANY),
	END("에도", FORM_AT, ANY), END("에게", FORM_AT, ANY), END("한테", FORM_AT, ANY),
	END("으로", FORM_AT, CLOSED), END("로는", FORM_AT, OPEN), END("로도", FORM_AT, OPEN),
	END("께서", FORM_SUBJECT, ANY), END("까지", FORM_ALSO, ANY), END("마저", FORM_ALSO, ANY),
	END("조차", FORM_ALSO, ANY), END("부터", FORM_ALSO, ANY), END("이나", FORM_ALSO, CLOSED),
	END("라도", FORM_ALSO, OPEN), END("만은", FORM_ALSO, ANY), END("만이", FORM_ALSO, ANY),
	END("만큼", FORM_ALSO, ANY), END("밖에", FORM_ALSO, ANY), END("이랑", FORM_WITH, CLOSED),
	END("하고", FORM_WITH, ANY), END("보다", FORM_WITH, ANY), END("처럼", FORM_WITH, ANY),
	END("같은", FORM_WITH, ANY), END("같이", FORM_WITH, ANY), END("예요", FORM_IS, OPEN),
	END("에요", FORM_IS, OPEN), END("였다", FORM_IS, OPEN), END("이다", FORM_IS, CLOSED),
	END("이고", FORM_IS, CLOSED), END("이며", FORM_IS, CLOSED), END("이네", FORM_IS, CLOSED),
	END("이죠", FORM_IS, CLOSED), END("인데", FORM_IS, ANY), END("네요", FORM_IS, OPEN),
	END("라서", FORM_IS, OPEN), END("라는", FORM_IS, OPEN), END("라고", FORM_IS, OPEN),
	END("하다", FORM_DOES, ANY), END("하게", FORM_DOES, ANY), END("해서", FORM_DOES, ANY),
	END("해요", FORM_DOES, ANY), END("하며", FORM_DOES, ANY), END("하면", FORM_DOES, ANY),
	END("하는", FORM_DOES, ANY), END("했다", FORM_DOES, ANY), END("했던", FORM_DOES, ANY),
	END("한데", FORM_DOES, ANY), END("하지", FORM_DOES, ANY), END("하네", FORM_DOES, ANY),
	END("되는", FORM_DOES, ANY), END("되고", FORM_DOES, ANY), END("된다", FORM_DOES, ANY),
	END("됐다", FORM_DOES, ANY), END("적인", FORM_DOES, ANY), END("적임", FORM_DOES, ANY),
	END("한다", FORM_DOES, ANY), END("하던", FORM_DOES, ANY), END("함", FORM_DOES, ANY),
	END("한", FORM_DOES, ANY), END("할", FORM_DOES, ANY), END("해", FORM_DOES, ANY), END("된", FORM_DOES, ANY),
	END("됨", FORM_DOES, ANY), END("적", FORM_DOES, ANY), END("인", FORM_IS, ANY), END("임", FORM_IS, ANY),
	END("네", FORM_IS, OPEN), END("이", FORM_SUBJECT, CLOSED), END("가", FORM_SUBJECT, OPEN),
	END("은", FORM_TOPIC, CLOSED), END("는", FORM_TOPIC, OPEN), END("을", FORM_OBJECT, CLOSED),
	END("를", FORM_OBJECT, OPEN), END("도", FORM_ALSO, ANY), END("만", FORM_ALSO, ANY), END("의", FORM_OF, ANY),
	END("에", FORM_AT, ANY), END("로", FORM_AT, OPEN), END("와", FORM_WITH, OPEN), END("과", FORM_WITH, CLOSED),
	END("랑", FORM_WITH, OPEN), END("나", FORM_ALSO, OPEN), END("야", FORM_IS, OPEN),
};

/* Words with these endings are verbs and adverbs. */
static const char *const verb_endings[] = {
	"니다", "어요", "아요", "네요", "데요", "군요", "세요", "게요", "지만", "는데", "은데", "던데", "면서",
	"으면", "다면", "려고", "도록", "거나", "든지", "어서", "아서", "워서", "으니", "니까", "는지", "을까",
	"던지", "다가", "자마자", "잖아", "구나", "더라", "거든", "대로", "면", "며", "죠", "럽게", "롭게",
};

/* Nouns with these endings exist too ("최고", "바다", "평가"): weak evidence. */
static const char *const weak_endings[] = {
	"다", "요", "네", "고", "서", "게", "던", "는", "은", "음", "지", "나", "냐", "까", "라", "운", "린", "진",
	"긴", "본", "볼", "난", "간", "온", "줄", "듯", "데", "큼", "히", "로", "든", "런", "른", "느", "니", "어",
	"아", "워", "와", "려", "켜", "쳐", "져", "해", "할", "될", "울", "릴", "준",
};

/* A quality, by the beginning of its verb. */
static const struct {
	const char *begins, *quality;
} qualities[] = {
	{ "재미", "재미" }, { "재밌", "재미" }, { "재밋", "재미" }, { "잼있", "재미" }, { "꿀잼", "재미" },
	{ "노잼", "재미" }, { "핵노잼", "재미" }, { "개꿀잼", "재미" }, { "지루", "지루함" }, { "유치", "유치함" },
	{ "감동", "감동" }, { "귀엽", "귀여움" }, { "귀여", "귀여움" }, { "튼튼", "튼튼함" }, { "편하", "편안함" },
	{ "편안", "편안함" }, { "친절", "친절" }, { "저렴", "가격" }, { "비싸", "가격" }, { "어설프", "어설픔" },
	{ "어설픈", "어설픔" }, { "아깝", "아까움" }, { "아까", "아까움" }, { "예쁘", "예쁨" }, { "예쁜", "예쁨" },
	{ "예뻐", "예쁨" }, { "이쁘", "예쁨" }, { "이쁜", "예쁨" }, { "무섭", "무서움" }, { "무서", "무서움" },
	{ "슬프", "슬픔" }, { "슬픈", "슬픔" },
};

static bool
is_closed(const char *syllable)
{
	const char *p = syllable;

	return (utf8_next(&p, p + SYLLABLE) - 0xac00) % 28 != 0;
}

/* Whether a syllable ends in ㅆ or ㅄ: past tense, 있다, 없다. */
static bool
has_tense(const char *word, size_t n)
{
	const char *p = word, *end = word + n;

	while (p < end) {
		uint32_t final = (utf8_next(&p, end) - 0xac00) % 28;

		if (final == 20 || final == 18)
			return true;
	}
	return false;
}

static bool
ends_with(const char *word, size_t n, const char *ending)
{
	size_t k = strlen(ending);

	return n > k && memcmp(word + n - k, ending, k) == 0;
}

static bool
ends_with_any(const char *word, size_t n, const char *const *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (ends_with(word, n, list[i]))
			return true;
	return false;
}

static bool
find_quality(const char *word, size_t n, struct stem *out)
{
	size_t i;

	for (i = 0; i < NELEM(qualities); i++)
		if (n >= strlen(qualities[i].begins) && memcmp(word, qualities[i].begins,
		    strlen(qualities[i].begins)) == 0) {
			out->n = (uint8_t)strlen(qualities[i].quality);
			memcpy(out->text, qualities[i].quality, (size_t)out->n + 1);
			out->forms = FORM_BARE | FORM_DOES;
			return true;
		}
	return false;
}

/* The bytes of the word without its ending, and the ending's form; the whole word when none matches. */
static size_t
cut_ending(const char *word, size_t n, uint16_t *form)
{
	size_t i;

	for (i = 0; i < NELEM(endings); i++) {
		size_t k = endings[i].n, left = n - k;

		if (k + 2 * SYLLABLE > n || memcmp(word + left, endings[i].text, k) != 0)
			continue;
		if (endings[i].after == ANY || (endings[i].after == CLOSED) == is_closed(word + left - SYLLABLE)) {
			*form = endings[i].form;
			return left;
		}
	}
	*form = FORM_BARE;
	return n;
}

bool
stem_ko(const char *word, size_t n, struct stem *out)
{
	size_t left;
	uint16_t form;

	if (n < 2 * SYLLABLE || is_stop_word(word, n))
		return false;
	if (find_quality(word, n, out))
		return true;
	left = cut_ending(word, n, &form);
	if (left > 3 * SYLLABLE - 1 && ends_with(word, left, "들"))	/* plural */
		left -= SYLLABLE;
	if (left > SYLLABLES_MAX * SYLLABLE || has_tense(word, left) || is_stop_word(word, left))
		return false;
	if (ends_with_any(word, left, verb_endings, NELEM(verb_endings)))
		return false;
	if (form == FORM_BARE && ends_with_any(word, left, weak_endings, NELEM(weak_endings)))
		form = FORM_VERBAL;
	memcpy(out->text, word, left);
	out->text[left] = '\0';
	out->n = (uint8_t)left;
	out->forms = form;
	return true;
}
