/* report.c -- messages of the analyzer. See report.h. */
#include "report.h"

#include "base/json.h"
#include "summary.h"
#include "worker/domain/analysis/analysis_step.h"

enum { KEYWORDS_MAX = 20, STEPS = STEP_SUMMARISE, PERCENT_BEGUN = 1, PERCENT_READ = 95 };

static const struct {
	const char	*ko, *en;
} step_texts[] = {
	[STEP_CRAWL] = { "리뷰를 수집하고 있습니다.", "Collecting the reviews." },
	[STEP_CLASSIFY] = { "리뷰의 감정을 분석하고 있습니다.", "Analysing the sentiment of the reviews." },
	[STEP_KEYWORDS] = { "키워드를 추출하고 있습니다.", "Extracting the keywords." },
	[STEP_SUMMARISE] = { "분석 결과를 요약하고 있습니다.", "Summing up." },
};

static int64_t
percent_of(const struct report *r, const struct tally *t)
{
	int64_t done = (int64_t)t->reviews;

	if (r->step == STEP_CRAWL)
		return PERCENT_BEGUN;
	if (r->step > STEP_CLASSIFY)
		return PERCENT_READ + r->step;
	if (r->total <= 0 || done >= r->total)
		return PERCENT_READ;
	return PERCENT_BEGUN + done * (PERCENT_READ - PERCENT_BEGUN) / r->total;
}

static struct str
counts_json(struct arena *mem, const struct tally *t)
{
	return json_obj(mem, JI("positive", (int64_t)t->by[POSITIVE]), JI("negative", (int64_t)t->by[NEGATIVE]),
	    JI("neutral", (int64_t)t->by[NEUTRAL]));
}

struct str
report_progress(struct arena *mem, const struct report *r, const struct tally *t)
{
	return json_obj(mem, JS("requestId", r->task_id), JS("productId", r->product_id), JS("type", "progress"),
	    JS("status", "processing"), JI("progress", percent_of(r, t)), JS("message", r->english
	    ? step_texts[r->step].en : step_texts[r->step].ko),
	    JS("step", analysis_step_name(r->step, STEPS)), JI("currentStep", r->step), JI("totalSteps", STEPS),
	    JI("estimatedTime", r->estimated_s),
	    JIF(r->total >= 0, JI("totalReviews", r->total)), JI("processedReviews", (int64_t)t->reviews),
	    JR("stats", counts_json(mem, t)), JT("timestamp", now_ms()));
}

static struct str
words_json(struct arena *mem, const struct card *card)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; i < card->nkeywords; i++) {
		buf_str(&b, i > 0 ? "," : "");
		json_put_str(&b, card->keywords[i], strlen(card->keywords[i]));
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

struct str
report_card(struct arena *mem, const struct report *r, const struct card *card, const char *id)
{
	struct str doc = json_obj(mem, JS("id", id), JS("sentiment", sentiment_names[card->sentiment]),
	    JS("text", card->text),
	    JR("keywords", words_json(mem, card)), JD("confidence", (int)(card->confidence * 1000 + 0.5f) / 1000.0),
	    JS("color", card->color), JI("reviewCount", (int64_t)card->review_count));

	return json_obj(mem, JS("requestId", r->task_id), JS("productId", r->product_id), JS("type", "sentiment-card"),
	    JR("card", doc), JT("timestamp", now_ms()));
}

static const char *
leaning(const uint32_t by[SENTIMENTS])
{
	enum sentiment best = POSITIVE, s;

	for (s = POSITIVE; s < SENTIMENTS; s++)
		if (by[s] > by[best])
			best = s;
	return sentiment_names[best];
}

static void
put_keyword(struct buf *b, const char *word, const uint32_t by[SENTIMENTS], uint32_t count, bool wanted)
{
	buf_str(b, b->n > 1 ? "," : "");
	json_put_obj(b, (const struct json_field[]){ JS("keyword", word), JI("count", count),
	    JS("sentiment", count > 0 ? leaning(by) : sentiment_names[NEUTRAL]), JI("positive", by[POSITIVE]),
	    JI("negative", by[NEGATIVE]), JI("neutral", by[NEUTRAL]), JIF(wanted, JB("requested", true)) }, 7);
}

static bool
is_wanted(const struct wanted *w, const char *word)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->v[i].word, word) == 0 || strcmp(w->v[i].folded, word) == 0)
			return true;
	return false;
}

/* Requested keywords first, then the most frequent ones. */
static struct str
keywords_json(struct arena *mem, const struct tally *t, const struct wanted *w)
{
	struct keyword *top = arena_alloc(mem, KEYWORDS_MAX * sizeof(*top));
	size_t i, n = tally_keywords(t, top, KEYWORDS_MAX);
	struct buf b = { 0 };

	buf_byte(&b, '[');
	for (i = 0; i < w->n; i++)
		put_keyword(&b, w->v[i].word, w->v[i].by, w->v[i].by[POSITIVE] + w->v[i].by[NEGATIVE] +
		    w->v[i].by[NEUTRAL], true);
	for (i = 0; i < n; i++)
		if (!is_wanted(w, top[i].text))
			put_keyword(&b, top[i].text, top[i].by, top[i].count, false);
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

struct str
report_result(struct arena *mem, const struct report *r, const struct tally *t, const struct wanted *w,
    enum language summary_in)
{
	unsigned shares[SENTIMENTS];
	struct buf summary = { 0 };
	struct str sentiment, out;

	tally_shares(t, shares);
	sentiment = json_obj(mem, JD("positive", shares[POSITIVE] / 100.0), JD("negative", shares[NEGATIVE] / 100.0),
	    JD("neutral", shares[NEUTRAL] / 100.0));
	summary_write(&summary, t, language_english(summary_in) ? SUMMARY_EN : SUMMARY_KO);
	out = json_obj(mem, JS("requestId", r->task_id), JS("productId", r->product_id), JS("status", "completed"),
	    JR("sentiment", sentiment), JN("summary", ((struct str){ summary.p, summary.n })),
	    JS("language", language_english(summary_in) ? "en" : "ko"),
	    JR("keywords", keywords_json(mem, t, w)), JI("totalReviews", (int64_t)t->reviews),
	    JR("stats", counts_json(mem, t)), JT("timestamp", now_ms()));
	buf_fini(&summary);
	return out;
}

struct str
report_failure(struct arena *mem, const struct report *r, const char *error)
{
	return json_obj(mem, JS("requestId", r->task_id), JS("productId", r->product_id), JS("status", "failed"),
	    JS("error", error),
	    JS("step", analysis_step_name(r->step, STEPS)), JI("totalReviews", 0), JT("timestamp", now_ms()));
}
