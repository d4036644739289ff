/* analyzer_tally.c -- shares that sum, memory that does not grow, cards, and the summary's words. */
#include "worker/analyzer/tally.h"

#include <malloc.h>

#include "base/str.h"
#include "tap.h"
#include "worker/analyzer/summary.h"

static const struct verdict verdicts[SENTIMENTS] = {
	{ POSITIVE, 0.99f, 0.99f }, { NEGATIVE, 0.02f, 0.98f }, { NEUTRAL, 0.5f, 0.5f }
};

static const struct card *
add(struct tally *t, enum sentiment of, const char *text)
{
	return tally_add(t, text, strlen(text), &verdicts[of]);
}

static void
test_shares(void)
{
	struct tally t = { 0 };
	unsigned share[SENTIMENTS];
	int a, b, c, wrong = 0;

	tally_shares(&t, share);
	ok(share[0] + share[1] + share[2] == 0, "without reviews all shares are zero");
	for (a = 0; a < 40; a++)
		for (b = 0; b < 40; b++)
			for (c = 0; c < 40; c++) {
				t.by[POSITIVE] = (uint64_t)a;
				t.by[NEGATIVE] = (uint64_t)b;
				t.by[NEUTRAL] = (uint64_t)c;
				if ((t.reviews = (uint64_t)(a + b + c)) == 0)
					continue;
				tally_shares(&t, share);
				wrong += share[0] + share[1] + share[2] != 10000 ||
				    (a == b && abs((int)share[0] - (int)share[1]) > 1);
			}
	is_int(wrong, 0, "shares sum to 100.00 for every split of up to 117 reviews");
	t.reviews = 3;
	t.by[0] = t.by[1] = t.by[2] = 1;
	tally_shares(&t, share);
	ok(share[0] == 3334 && share[1] == 3333 && share[2] == 3333, "three equal shares sum to 100.00");
}

static void
test_bounded(void)
{
	static const char *const subjects[] = { "연기가", "연기는", "스토리도", "결말이", "음악을" };
	static const char *const moods[SENTIMENTS] = { "정말 훌륭하고 감동이었습니다", "너무 엉망이라 실망했습니다",
		"그럭저럭 평범한 편입니다" };
	size_t before = 0, after, emitted = 0;
	struct tally t;
	char text[256];
	int i;

	tally_init(&t);
	for (i = 0; i < 300000; i++) {
		enum sentiment of = i % 10 < 6 ? POSITIVE : i % 10 < 9 ? NEGATIVE : NEUTRAL;

		if (i == 20000)
			before = mallinfo2().uordblks;
		snprintf(text, sizeof(text), "%s %s word%c%c%c%c 번호 %d", subjects[i % 5], moods[of], 'a' + i % 23,
		    'a' + i / 23 % 23, 'a' + i / 529 % 23, 'a' + i / 12167 % 23, i);
		if (add(&t, of, text) != NULL)
			emitted++;
	}
	after = mallinfo2().uordblks;
	is_int((int64_t)t.reviews, 300000, "300,000 reviews are tallied");
	ok(after <= before + 4096,
	    "memory does not grow with the reviews: heap of %zu bytes after 20,000, %zu after 300,000", before, after);
	ok(sizeof(t) < 64 << 10, "struct tally has %zu bytes", sizeof(t));
	ok(emitted > 3 && emitted <= CARDS_EVER, "%zu reviews became cards", emitted);
	ok(t.keywords.n <= KEYWORDS_HELD, "the tally holds %zu stems", t.keywords.n);
	tally_fini(&t);
	ok(t.keywords.slots == NULL, "tally_fini frees everything");
}

static void
test_cards(void)
{
	char text[250 * 16] = "";
	const struct card *c;
	struct card all[SENTIMENTS * CARDS_EACH];
	struct tally t;
	int i;

	tally_init(&t);
	ok(add(&t, POSITIVE, "좋음") == NULL, "a review of two syllables does not become a card");
	c = add(&t, POSITIVE, "  배우들의\n\n연기가 훌륭하고\t스토리도 탄탄해서 만족합니다  ");
	if (!ok(c != NULL, "the first good review becomes a card"))
		return;
	is_str(c->text, "배우들의 연기가 훌륭하고 스토리도 탄탄해서 만족합니다", "a card's text is one line");
	is_str(c->color, "#22c55e", "a card has the colour of its sentiment");
	ok(c->sentiment == POSITIVE && c->confidence > 0.98f && c->review_count == 1,
	    "a card has sentiment, confidence and count");
	ok(c->nkeywords > 0 && strcmp(c->keywords[0], "배우") == 0, "a card has its keywords");
	ok(add(&t, POSITIVE, "배우들의 연기가 훌륭하고 스토리도 탄탄해서 만족합니다") == NULL, "reviews of the same text become one card");
	for (i = 0; i < 250; i++)
		strcat(text, i % 9 == 8 ? " " : i % 2 ? "나다\U0001f44d" : "가나다\U0001f44d");
	c = add(&t, NEGATIVE, text);
	if (ok(c != NULL, "a long review becomes a card")) {
		is_int((int64_t)utf8_len(c->text, strlen(c->text)), CARD_CHARS,
		    "a card's text is clipped to 200 characters");
		ok(utf8_valid(c->text, strlen(c->text)), "a clipped text is valid UTF-8");
		is_str(c->text + strlen(c->text) - 3, "…", "a clipped text ends with an ellipsis");
	}
	for (i = 0; i < 50; i++)
		add(&t, POSITIVE, "음악이 아름답고 여운이 오래 남는 작품이라 추천합니다");
	is_int((int64_t)tally_cards(&t, all), 3, "the tally holds its cards");
	ok(all[0].sentiment == POSITIVE && all[2].sentiment == NEGATIVE, "cards are in order of sentiment");
	ok(all[0].review_count >= 2 && all[0].score >= all[1].score,
	    "the best cards come first, with their current counts");
	tally_fini(&t);
}

static void
test_summary(void)
{
	struct buf b = { 0 };
	struct tally t;
	int i;

	tally_init(&t);
	summary_write(&b, &t, SUMMARY_KO);
	buf_byte(&b, '\0');
	is_str(b.p, "분석할 리뷰가 없습니다.", "a summary of no reviews says so in Korean");
	buf_reset(&b);
	for (i = 0; i < 889; i++)
		add(&t, POSITIVE, i % 2 ? "연기가 좋다" : "연기도 스토리를 살린다");
	for (i = 0; i < 245; i++)
		add(&t, NEGATIVE, i % 2 ? "결말이 이상하다" : "결말을 망쳤다");
	for (i = 0; i < 100; i++)
		add(&t, NEUTRAL, "글쎄요");
	summary_write(&b, &t, SUMMARY_KO);
	buf_byte(&b, '\0');
	is_str(b.p, "리뷰 1,234건 중 72.0%가 긍정적입니다(부정 19.9%, 중립 8.1%). 전반적인 평가는 긍정적입니다. '연기', '스토리'가 "
	    "호평을 받았고, '결말'이 아쉬운 점으로 꼽혔습니다.",
	    "the summary in Korean has the shares and keywords");
	buf_reset(&b);
	summary_write(&b, &t, SUMMARY_EN);
	buf_byte(&b, '\0');
	is_str(b.p, "Of 1,234 reviews, 72.0% are positive, 19.9% negative and 8.1% neutral; overall the verdict is "
	    "positive. "
	    "Praised: '연기' and '스토리'. Criticised: '결말'.", "the summary in English has the shares and keywords");
	buf_fini(&b);
	tally_fini(&t);
}

int
main(void)
{
	test_shares();
	test_bounded();
	test_cards();
	test_summary();
	return done_testing();
}
