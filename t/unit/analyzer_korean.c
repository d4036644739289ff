/* analyzer_korean.c -- the shipped model on Korean: sentences that must be right, and accuracy where the data is at
 * hand. */
#include "worker/analyzer/model.h"

#include <unistd.h>

#include "tap.h"
#include "worker/analyzer/dataset.h"

#define ROWS		5000
#define ACCURACY_MIN	0.87

static const struct {
	enum sentiment	want;
	const char	*text;
} sentences[] = {
	{ POSITIVE, "정말 재미있고 감동적인 영화" },
	{ POSITIVE, "배우들의 연기가 훌륭하고 스토리도 탄탄합니다" },
	{ POSITIVE, "배송도 빠르고 품질도 좋아요" },
	{ POSITIVE, "인생 최고의 작품입니다 강추!!" },
	{ POSITIVE, "지루할 틈이 없다" },
	{ POSITIVE, "나쁘지 않아요" },
	{ POSITIVE, "후회하지 않아요" },
	{ POSITIVE, "지루하지 않고 재밌다" },
	{ POSITIVE, "이 제품 정말 good 추천해요" },
	{ POSITIVE, "최고예요!! 👍👍" },
	{ NEGATIVE, "재미없다" },
	{ NEGATIVE, "돈이 아깝다" },
	{ NEGATIVE, "시간 낭비였습니다. 최악의 영화" },
	{ NEGATIVE, "기대했는데 실망했어요" },
	{ NEGATIVE, "배송이 너무 늦고 포장이 엉망이에요" },
	{ NEGATIVE, "화면은 좋은데 배터리가 별로예요" },
	{ NEGATIVE, "고장나서 환불했습니다" },
	{ NEGATIVE, "재밌지 않다" },
	{ NEGATIVE, "재미있지 않아요" },
	{ NEGATIVE, "안 재미있어요" },
	{ NEGATIVE, "별로 안 좋아요" },
	{ NEGATIVE, "추천하지 않습니다" },
	{ NEGATIVE, "전혀 재미있지 않았다" },
	{ NEUTRAL, "" },
	{ NEUTRAL, "   \n\t " },
	{ NEUTRAL, "12345 !!! 10/10" },
	{ NEUTRAL, "素晴らしい" },
};

static void
test_sentences(const struct model *m)
{
	struct verdict v;
	size_t i;

	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		model_classify(m, sentences[i].text, strlen(sentences[i].text), &v);
		is_str(sentiment_names[v.label], sentiment_names[sentences[i].want], "'%s' (p %.3f)", sentences[i].text,
		    (double)v.p_positive);
	}
	model_classify(m, "", 0, &v);
	ok(v.confidence >= 0 && v.confidence <= 0 && v.p_positive >= 0.5f && v.p_positive <= 0.5f,
	    "a text without letters is judged with no confidence");
}

/* What must not change the verdict by much, and texts of any length. */
static void
test_shape(const struct model *m)
{
	struct verdict a, b;
	size_t n = 3000000, i;
	char *big = malloc(n);

	model_classify(m, "재밌어요ㅋㅋㅋ", strlen("재밌어요ㅋㅋㅋ"), &a);
	model_classify(m, "재밌어요ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ", strlen("재밌어요ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ"), &b);
	ok(a.p_positive >= b.p_positive && a.p_positive <= b.p_positive, "repeated characters collapse");
	for (i = 0; i < n; i += 15)
		memcpy(big + i, "재미없다 ", 13), memcpy(big + i + 13, "\n.", 2);
	model_classify(m, big, n, &a);
	ok(a.label == NEGATIVE && a.confidence <= 1 && a.confidence >= 0.9f, "a text of three megabytes is judged");
	free(big);
}

static void
test_accuracy(const struct model *m)
{
	static const char *const places[] = { "../shared/data/nsmc/test.tsv", "../../shared/data/nsmc/test.tsv" };
	size_t right = 0, n = 0, i;
	struct dataset d;
	struct review r;
	struct verdict v;

	for (i = 0; i < 2 && access(places[i], R_OK) < 0; i++)
		;
	if (i == 2 || dataset_open(&d, places[i]) < 0) {
		ok(true, "the Korean model is accurate # SKIP no labelled reviews here");
		return;
	}
	while (n < ROWS && dataset_next(&d, &r)) {
		model_classify(m, r.text, r.n, &v);
		right += (v.p_positive >= 0.5f) == r.label;
		n++;
	}
	is_int((int64_t)d.refused, 0, "every line of the sample is a review");
	dataset_close(&d);
	ok(n == ROWS && (double)right / (double)n >= ACCURACY_MIN,
	    "the Korean model reaches an accuracy of %.4f on %zu reviews it was not trained on",
	    (double)right / (double)n, n);
}

int
main(void)
{
	const char *why;
	struct model *m = model_open(MODEL_PATH, &why);

	if (!ok(m != NULL, "the shipped model opens"))
		return done_testing();
	ok(m->bytes <= 8000000, "the shipped model is small: %zu bytes", m->bytes);
	test_sentences(m);
	test_shape(m);
	test_accuracy(m);
	model_close(&m);
	return done_testing();
}
