/* analyzer_shop.c -- the shipped model on reviews of a shop: the page's sample, two files of sentences, and middling
 * words.
 *
 * shop-reviews.tsv was at hand while phrases and word lists were written, so it is no measure of unseen text. The
 * sentences of shop-unseen.tsv were written after them, and none was added for its sake: mostly plain facts without a
 * word of praise or blame.
 */
#include "worker/analyzer/model.h"

#include "tap.h"
#include "worker/analyzer/dataset.h"

/* Of worker/http/page/samples.js, as it stands there. */
static const struct {
	enum sentiment	want;
	const char	*text;
} samples[] = {
	{ POSITIVE, "물이 정말 빨리 끓어요. 아침마다 커피 내릴 때 너무 편합니다." },
	{ POSITIVE, "디자인이 예뻐서 주방 분위기가 달라졌어요. 강력 추천!" },
	{ NEGATIVE, "소음이 생각보다 커서 실망했습니다. 밤에는 못 쓰겠어요." },
	{ POSITIVE, "온도 조절이 정확해서 녹차 우릴 때 최고예요." },
	{ NEGATIVE, "뚜껑이 뻑뻑하고 잘 안 열려요. 환불하고 싶습니다." },
	{ POSITIVE, "배송이 하루 만에 왔고 포장도 꼼꼼했습니다. 만족해요." },
	{ NEUTRAL, "그냥 평범한 주전자입니다. 가격만큼 하네요." },
	{ NEGATIVE, "한 달 만에 고장 났는데 고객센터 응대가 최악이었어요." },
	{ POSITIVE, "손잡이가 뜨거워지지 않아서 아이 있는 집에 좋아요." },
	{ NEGATIVE, "플라스틱 냄새가 심해서 몇 번을 씻어도 안 빠집니다." },
	{ POSITIVE, "부모님 선물로 드렸는데 정말 좋아하십니다." },
	{ POSITIVE, "세척이 쉽고 가벼워서 매일 쓰고 있어요." },
	{ POSITIVE, "용량이 작아서 아쉽지만 혼자 쓰기에는 괜찮아요." },
	{ POSITIVE, "보온 기능이 훌륭해요. 두 시간이 지나도 따뜻합니다." },
	{ NEGATIVE, "설명서가 부실해서 사용법을 알기 어려웠어요. 별로예요." },
	{ POSITIVE, "Boils water in two minutes and looks gorgeous. Love it!" },
	{ NEGATIVE, "The lid broke after a week. Terrible quality, very disappointed." },
	{ POSITIVE, "Great temperature control, my tea has never tasted better." },
	{ NEUTRAL, "It is okay. Nothing special, does what it says." },
	{ POSITIVE, "Fast delivery, careful packaging, excellent kettle." },
	{ NEGATIVE, "Too noisy and the handle gets hot. I want a refund." },
	{ POSITIVE, "Easy to clean and feels solid. Highly recommended." },
	{ NEGATIVE, "색상이 사진과 달라서 조금 아쉬워요." },
	{ POSITIVE, "이 가격에 이 성능이면 완벽합니다. 또 살 거예요." },
};

static const char *const middling[] = {
	"그냥 평범한 의자예요",
	"무난하게 쓸 만합니다",
	"가격만큼 하는 것 같아요",
	"보통이에요 크게 기대는 마세요",
	"나쁘지도 좋지도 않네요",
	"그럭저럭 쓰고 있습니다",
	"그저 그래요",
	"아직 사용 전이라 잘 모르겠네요",
	"어제 받아서 써 보고 후기 다시 남길게요",
	"쏘쏘합니다",
	"전에 쓰던 것과 별 차이 없어요",
	"딱 생각한 만큼이에요",
	"호불호가 갈릴 맛이에요",
	"장단점이 있어요",
	"별 세 개 드릴게요",
	"특별할 것 없는 머그컵입니다",
	"맛은 그냥 보통 정도",
	"색은 남색이고 재질은 면이에요",
	"선물한 거라 써 보지는 못했어요",
	"평균적인 성능이네요",
	"It is okay.",
	"It is average, nothing more.",
	"Have not tried it yet.",
	"It does what it says.",
};
#define MIDDLING	(sizeof(middling) / sizeof(middling[0]))

static void
test_samples(const struct model *m)
{
	static char page[16384];
	FILE *f = fopen("worker/http/page/samples.js", "r");
	struct verdict v;
	size_t i;

	if (!ok(f != NULL && fread(page, 1, sizeof(page) - 1, f) > 0, "the sample of the page can be opened"))
		return;
	fclose(f);
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		model_classify(m, samples[i].text, strlen(samples[i].text), &v);
		is_str(sentiment_names[v.label], sentiment_names[samples[i].want], "'%s' (p %.3f)", samples[i].text,
		    (double)v.p_positive);
		ok(strstr(page, samples[i].text) != NULL, "the page shows the verdict that the analyzer gives");
	}
}

/* At least `floor` of the file's verdicts are right, a neutral one being wrong. */
static void
test_file(const struct model *m, const char *path, size_t rows, double floor)
{
	size_t right = 0, n = 0;
	struct dataset d;
	struct review r;
	struct verdict v;

	if (!ok(dataset_open(&d, path) == 0, "%s opens", path))
		return;
	for (; dataset_next(&d, &r); n++) {
		model_classify(m, r.text, r.n, &v);
		right += v.label == (r.label == 1 ? POSITIVE : NEGATIVE);
	}
	is_int((int64_t)d.refused, 0, "every line of the sample is a review");
	dataset_close(&d);
	is_int((int64_t)n, (int64_t)rows, "every row is judged");
	ok((double)right / (double)rows >= floor,
	    "%zu of %zu verdicts are right, counting neutral ones as wrong", right, n);
}

static void
test_middling(const struct model *m)
{
	size_t neutral = 0, i;
	struct verdict v;

	for (i = 0; i < MIDDLING; i++) {
		model_classify(m, middling[i], strlen(middling[i]), &v);
		neutral += v.label == NEUTRAL;
	}
	ok(neutral * 100 >= MIDDLING * 75, "%zu of %zu middling reviews are judged neutral", neutral, MIDDLING);
	model_classify(m, "정말 최고예요 가격만큼 좋아요 강력 추천합니다", strlen("정말 최고예요 가격만큼 좋아요 강력 추천합니다"), &v);
	is_str(sentiment_names[v.label], "positive", "one middling word does not make clear praise neutral");
}

int
main(void)
{
	const char *why;
	struct model *m = model_open(MODEL_PATH, &why);

	if (!ok(m != NULL, "the shipped model opens"))
		return done_testing();
	test_samples(m);
	test_file(m, "t/unit/shop-reviews.tsv", 210, 0.85);
	test_file(m, "t/unit/shop-unseen.tsv", 60, 0.50);
	test_middling(m);
	model_close(&m);
	return done_testing();
}
