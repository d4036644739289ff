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
	is_str(stems("연기가"), "연기", "이/가");
	is_str(stems("연기는 연기도 연기를 연기의 연기"), "연기", "all particles, one stem");
	is_str(stems("배우들의 결말이 음악에서는"), "배우 결말 음악", "plural, subject, place");
	is_str(stems("주인공이 이야기가 어린이"), "주인공 이야기 어린", "a particle must agree");
	is_str(stems("광고가 연기력과 스토리와"), "광고 연기력 스토리", "과 and 와");
	is_str(stems("완벽한 감동적인 훌륭하다"), "완벽 감동 훌륭", "하다 and 적");
	is_str(stems("재미있는 재밌었어요 재미없다"), "재미", "a quality by its verb");
	is_str(stems("봤습니다 있었다 좋아요 먹으면서"), "", "verbs are no keywords");
	is_str(stems("너무 정말 영화가 그리고"), "", "stop-words, bare and with a particle");
	is_str(stems("별 집 ㅋㅋㅋ 123"), "", "too short, or no word");
	is_str(stems("CG가 좋은 TV로"), "cg tv", "Latin words inside Korean");
}

static void
test_english(void)
{
	is_str(stems("The Batteries and the battery"), "battery", "plural, case, once");
	is_str(stems("boxes glasses actors bonus glass"), "box glass actor bonus", "plural forms");
	is_str(stems("I don't really like the movie"), "", "stop-words with an apostrophe");
	is_str(stems("oo zzz x"), "", "no words");
	ok(is_stop_word("the", 3) && !is_stop_word("th", 2) && !is_stop_word("thee", 4),
	    "stop-words match whole words");
}

static const char *
after(enum josa which, const char *word)
{
	return josa(which, word, strlen(word));
}

static void
test_josa(void)
{
	is_str(after(JOSA_SUBJECT, "결말"), "이", "결말이");
	is_str(after(JOSA_SUBJECT, "연기"), "가", "연기가");
	is_str(after(JOSA_TOPIC, "음악"), "은", "음악은");
	is_str(after(JOSA_TOPIC, "배우"), "는", "배우는");
	is_str(after(JOSA_OBJECT, "감동"), "을", "감동을");
	is_str(after(JOSA_OBJECT, "스토리"), "를", "스토리를");
	is_str(after(JOSA_WITH, "결말"), "과", "결말과");
	is_str(after(JOSA_WITH, "연기"), "와", "연기와");
	is_str(after(JOSA_BY, "결말"), "로", "결말로: ㄹ takes 로");
	is_str(after(JOSA_BY, "감동"), "으로", "감동으로");
	is_str(after(JOSA_SUBJECT, "10"), "이", "10이");
	is_str(after(JOSA_SUBJECT, "2"), "가", "2가");
	is_str(after(JOSA_BY, "1"), "로", "1로");
	is_str(after(JOSA_SUBJECT, "item"), "이", "item이");
	is_str(after(JOSA_SUBJECT, "battery"), "가", "battery가");
	is_str(after(JOSA_SUBJECT, ""), "가", "nothing");
	is_str(after(JOSA_SUBJECT, "!"), "가", "a mark");
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
	ok(k.n <= KEYWORDS_HELD, "%zu stems held", k.n);
	is_int((int64_t)keywords_top(&k, top, 3), 3, "top three");
	is_str(top[0].text, "연기", "first");
	is_str(top[1].text, "결말", "second");
	is_str(top[2].text, "battery", "third");
	ok(top[0].count <= 20000 && top[0].count + k.lost >= 20000, "count %u is low by at most %" PRIu64, top[0].count,
	    k.lost);
	is_int(top[0].by[POSITIVE], top[0].count, "its sentiment");
	is_int(keywords_count(&k, "없는낱말", POSITIVE), 0, "a stem that is not held");
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
