/* model.c -- classifies a text: sums the weights, mixes the languages, applies the neutral band. See model.h.
 *
 * See: features.c (what is summed), lexicon_en.c, model_file.c, t/unit/analyzer_model.c
 */
#include "model.h"

#include <math.h>

#include "features.h"
#include "lexicon_en.h"
#include "mild_ko.h"

#define MILD_BAND	0.25f	/* by this much the neutral band widens on both sides for an indifferent review */

const char *const sentiment_names[SENTIMENTS] = { "positive", "negative", "neutral" };

struct sums {
	float		weight;
	size_t		features;
	unsigned	hangul, latin, emoji;
};

static void
sum_parts(const struct model *m, const char *text, size_t n, struct sums *sum)
{
	const char *end = text + n;
	struct features f;
	struct symbols s;

	while (text < end) {
		int32_t plain = 0, turned = 0;
		size_t i;

		text = symbols_read(&s, text, end);
		sum->hangul += s.hangul;
		sum->latin += s.latin;
		sum->emoji += s.emoji;
		if (s.hangul == 0)
			continue;
		features_of(&s, m->head->bits, &f);
		for (i = 0; i < f.plain; i++)
			plain += m->weights[f.at[i]];
		for (; i < f.n; i++)
			turned += m->weights[f.at[i]];
		sum->weight += (float)plain + TURNED * (float)turned;
		sum->features += f.n;
	}
}

/* Mixes the log-odds of both languages by their share of the letters: a Hangul syllable weighs as two Latin letters, a
 * recognised emoji as four. Latin text without a word of the lexicon does not count. */
static float
mix_languages(const struct model *m, const struct sums *sum, const char *text, size_t n)
{
	float ko = 0, w_ko = (float)sum->hangul * 2, w_en = 0;
	struct lexicon_score en = { 0 };

	if (sum->features > 0)
		ko = m->head->scale * sum->weight / sqrtf((float)sum->features) + m->head->offset;
	if (sum->latin > 0 || sum->emoji > 0)
		lexicon_en_score(text, n, &en);
	if (en.hits > 0)
		w_en = (float)sum->latin + 4 * (float)en.emoji;
	return w_ko + w_en > 0 ? (ko * w_ko + en.log_odds * w_en) / (w_ko + w_en) : 0;
}

/* The label of `p`; inspects the text only where a wider band could change it. */
static enum sentiment
label_of(const struct model_header *head, float p, const char *text, size_t n)
{
	float low = head->neutral_low, high = head->neutral_high;

	if (p > low && p < high)
		return NEUTRAL;
	if (p > low - MILD_BAND && p < high + MILD_BAND && is_mild(text, n))
		return NEUTRAL;
	return p <= low ? NEGATIVE : POSITIVE;
}

void
model_classify(const struct model *m, const char *text, size_t n, struct verdict *out)
{
	struct sums sum = { 0 };
	float p;

	sum_parts(m, text, n, &sum);
	p = 1 / (1 + expf(-mix_languages(m, &sum, text, n)));
	out->p_positive = p;
	out->confidence = sum.hangul + sum.latin + sum.emoji == 0 ? 0 : p < 0.5f ? 1 - p : p;
	out->label = label_of(m->head, p, text, n);
}
