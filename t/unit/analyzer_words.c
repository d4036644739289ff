/* analyzer_words.c -- stems, particles and the bounded table of keywords. */
#include "worker/analyzer/keywords.h"

#include "tap.h"
#include "worker/analyzer/josa.h"
#include "worker/analyzer/stop_words.h"

/* The stems of a text, joined by spaces. */
static const char *
stems(const char *text)
{
	static char out[STEMS_MAX * STEM_BYTES];
	struct stem s[STEMS_MAX];
	size_t n = stems_of(text, strlen(text), s), i;

	for (*out = '\0', i = 0; i < n; i++) {
		strcat(out, i > 0 ? " " : "");
		strcat(out, s[i].text);
	}
	return out;
}

static void
test_korean(void)
{
	is_str(stems("연기가"), "연기", "the particles 이 and 가 are cut");
	is_str(stems("연기는 연기도 연기를 연기의 연기"), "연기", "words that differ in their particle have one stem");
	is_str(stems("배우들의 결말이 음악에서는"), "배우 결말 음악", "plural, subject and place particles are cut");
	is_str(stems("주인공이 이야기가 어린이"), "주인공 이야기 어린", "a particle that does not agree with the syllable stays");
	is_str(stems("광고가 연기력과 스토리와"), "광고 연기력 스토리", "the particles 과 and 와 are cut");
	is_str(stems("완벽한 감동적인 훌륭하다"), "완벽 감동 훌륭", "the endings 하다 and 적 are cut");
	is_str(stems("재미있는 재밌었어요 재미없다"), "재미", "a quality is found in its verb form");
	is_str(stems("봤습니다 있었다 좋아요 먹으면서"), "", "verbs are not keywords");
	is_str(stems("너무 정말 영화가 그리고"), "", "stop words are dropped, bare and with a particle");
	is_str(stems("별 집 ㅋㅋㅋ 123"), "", "short words and non-words are dropped");
	is_str(stems("CG가 좋은 TV로"), "cg tv", "Latin words inside Korean text are keywords");
}

static void
test_english(void)
{
	is_str(stems("The Batteries and the battery"), "battery",
	    "English words are singular, lower case and unique");
	is_str(stems("boxes glasses actors bonus glass"), "box glass actor bonus",
	    "irregular plurals are recognised");
	is_str(stems("I don't really like the movie"), "", "stop words with an apostrophe are dropped");
	is_str(stems("oo zzz x"), "", "a text without words has no keywords");
	ok(is_stop_word("the", 3) && !is_stop_word("th", 2) && !is_stop_word("thee", 4),
	    "stop words match whole words only");
}

static const char *
after(enum josa which, const char *word)
{
	return josa(which, word, strlen(word));
}

static void
test_josa(void)
{
	is_str(after(JOSA_SUBJECT, "결말"), "이", "결말 takes the particle 이");
	is_str(after(JOSA_SUBJECT, "연기"), "가", "연기 takes the particle 가");
	is_str(after(JOSA_TOPIC, "음악"), "은", "음악 takes the particle 은");
	is_str(after(JOSA_TOPIC, "배우"), "는", "배우 takes the particle 는");
	is_str(after(JOSA_OBJECT, "감동"), "을", "감동 takes the particle 을");
	is_str(after(JOSA_OBJECT, "스토리"), "를", "스토리 takes the particle 를");
	is_str(after(JOSA_WITH, "결말"), "과", "결말 takes the particle 과");
	is_str(after(JOSA_WITH, "연기"), "와", "연기 takes the particle 와");
	is_str(after(JOSA_BY, "결말"), "로", "결말 takes the particle 로 after ㄹ");
	is_str(after(JOSA_BY, "감동"), "으로", "감동 takes the particle 으로");
	is_str(after(JOSA_SUBJECT, "10"), "이", "10 takes the particle 이");
	is_str(after(JOSA_SUBJECT, "2"), "가", "2 takes the particle 가");
	is_str(after(JOSA_BY, "1"), "로", "1 takes the particle 로");
	is_str(after(JOSA_SUBJECT, "item"), "이", "item takes the particle 이");
	is_str(after(JOSA_SUBJECT, "battery"), "가", "battery takes the particle 가");
	is_str(after(JOSA_SUBJECT, ""), "가", "an empty word takes no particle");
	is_str(after(JOSA_SUBJECT, "!"), "가", "a word that ends in a mark takes its particle");
}

static void
count(struct keywords *k, const char *text, enum sentiment of)
{
	struct stem s[STEMS_MAX];

	keywords_add(k, s, stems_of(text, strlen(text), s), of);
}

/* 400,000 distinct words among which three frequent ones are strewn: bounded, and the three come out on top. */
static void
test_bounded(void)
{
	struct keywords k;
	struct keyword top[3];
	char word[64];
	int i, j;

	keywords_init(&k);
	for (i = 0; i < 400000; i++) {
		int n = i, at = 0;

		for (j = 0; j < 5; j++, n /= 13)
			word[at++] = "bcdfghjklmnpq"[n % 13];
		memcpy(word + at, "x", 2);
		count(&k, word, i % 2 ? POSITIVE : NEGATIVE);
		if (i % 20 == 0)
			count(&k, i % 40 ? "연기가" : "연기도", POSITIVE);
		if (i % 50 == 0)
			count(&k, i % 100 ? "결말이" : "결말을", NEGATIVE);
		if (i % 100 == 0)
			count(&k, "battery", NEUTRAL);
	}
	ok(k.n <= KEYWORDS_HELD, "the sketch holds %zu stems", k.n);
	is_int((int64_t)keywords_top(&k, top, 3), 3, "the sketch returns the top three");
	is_str(top[0].text, "연기", "the most frequent stem is first");
	is_str(top[1].text, "결말", "the second most frequent stem is second");
	is_str(top[2].text, "battery", "the third most frequent stem is third");
	ok(top[0].count <= 20000 && top[0].count + k.lost >= 20000, "count %u is low by at most %" PRIu64, top[0].count,
	    k.lost);
	is_int(top[0].by[POSITIVE], top[0].count, "a stem keeps its sentiment");
	is_int(keywords_count(&k, "없는낱말", POSITIVE), 0, "a stem that is not held has no count");
	keywords_fini(&k);
}

int
main(void)
{
	test_korean();
	test_english();
	test_josa();
	test_bounded();
	return done_testing();
}
