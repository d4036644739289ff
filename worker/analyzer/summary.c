/* summary.c -- writes the summary of an analysis. See summary.h, josa.h.
 *
 * A keyword is praised when its reviews are positive more often than all reviews are, and criticised likewise; ordered
 * by the number of reviews beyond the expected one.
 */
#include "summary.h"

#include <string.h>

#include "josa.h"

#define LOOKED_AT	30	/* keywords considered */
#define NAMED		3	/* at most, on each side */

/* Picks the keywords most over-represented in reviews of one sentiment; returns how many. */
static size_t
pick_telling(const struct tally *t, const struct keyword *all, size_t n, enum sentiment of, const struct keyword **out)
{
	double excess[NAMED];
	size_t i, at, count = 0;

	for (i = 0; i < n; i++) {
		double expected = (double)all[i].count * (double)t->by[of] / (double)t->reviews;
		double more = all[i].by[of] - expected;

		if (more <= 0 || all[i].by[of] * 2 < all[i].count || all[i].count < 2)
			continue;
		if (count == NAMED && more <= excess[NAMED - 1])
			continue;
		at = count < NAMED ? count++ : NAMED - 1;
		for (; at > 0 && excess[at - 1] < more; at--) {
			excess[at] = excess[at - 1];
			out[at] = out[at - 1];
		}
		excess[at] = more;
		out[at] = &all[i];
	}
	return count;
}

static void
put_number(struct buf *out, uint64_t n)
{
	if (n >= 1000) {
		put_number(out, n / 1000);
		buf_printf(out, ",%03u", (unsigned)(n % 1000));
	} else {
		buf_printf(out, "%u", (unsigned)n);
	}
}

/* Hundredths of a percent as "71.2%". */
static void
put_percent(struct buf *out, unsigned share)
{
	unsigned tenths = (share + 5) / 10;

	buf_printf(out, "%u.%u%%", tenths / 10, tenths % 10);
}

static void
put_list(struct buf *out, const struct keyword *const *words, size_t n, const char *last_separator)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(out, "%s'%s'", i == 0 ? "" : i + 1 < n ? ", " : last_separator, words[i]->text);
}

/* 0 very positive .. 4 very negative. */
static int
grade_of(const unsigned share[SENTIMENTS])
{
	int lean = (int)share[POSITIVE] - (int)share[NEGATIVE];

	return lean > 6000 ? 0 : lean > 2000 ? 1 : lean >= -2000 ? 2 : lean >= -6000 ? 3 : 4;
}

struct points {
	const struct keyword	*praised[NAMED], *criticised[NAMED];
	size_t			 npraised, ncriticised;
};

static void
write_ko(struct buf *out, const struct tally *t, const unsigned share[SENTIMENTS], const struct points *is)
{
	static const char *const grades[] = { "매우 긍정적", "긍정적", "엇갈리는 편", "부정적", "매우 부정적" };
	enum sentiment of = share[NEGATIVE] > share[POSITIVE] ? NEGATIVE : POSITIVE;

	buf_str(out, "리뷰 ");
	put_number(out, t->reviews);
	buf_str(out, "건 중 ");
	put_percent(out, share[of]);
	buf_printf(out, "가 %s적입니다(%s ", of == POSITIVE ? "긍정" : "부정", of == POSITIVE ? "부정" : "긍정");
	put_percent(out, share[of == POSITIVE ? NEGATIVE : POSITIVE]);
	buf_str(out, ", 중립 ");
	put_percent(out, share[NEUTRAL]);
	buf_printf(out, "). 전반적인 평가는 %s입니다.", grades[grade_of(share)]);
	if (is->npraised > 0) {
		const char *last = is->praised[is->npraised - 1]->text;

		buf_byte(out, ' ');
		put_list(out, is->praised, is->npraised, ", ");
		buf_printf(out, "%s 호평을 받았%s", josa(JOSA_SUBJECT, last, strlen(last)),
		    is->ncriticised > 0 ? "고," : "습니다.");
	}
	if (is->ncriticised > 0) {
		const char *last = is->criticised[is->ncriticised - 1]->text;

		buf_byte(out, ' ');
		put_list(out, is->criticised, is->ncriticised, ", ");
		buf_printf(out, "%s 아쉬운 점으로 꼽혔습니다.", josa(JOSA_SUBJECT, last, strlen(last)));
	}
}

static void
write_en(struct buf *out, const struct tally *t, const unsigned share[SENTIMENTS], const struct points *is)
{
	static const char *const grades[] = { "very positive", "positive", "mixed", "negative", "very negative" };

	buf_str(out, "Of ");
	put_number(out, t->reviews);
	buf_printf(out, " review%s, ", t->reviews == 1 ? "" : "s");
	put_percent(out, share[POSITIVE]);
	buf_str(out, " are positive, ");
	put_percent(out, share[NEGATIVE]);
	buf_str(out, " negative and ");
	put_percent(out, share[NEUTRAL]);
	buf_printf(out, " neutral; overall the verdict is %s.", grades[grade_of(share)]);
	if (is->npraised > 0) {
		buf_str(out, " Praised: ");
		put_list(out, is->praised, is->npraised, " and ");
		buf_byte(out, '.');
	}
	if (is->ncriticised > 0) {
		buf_str(out, " Criticised: ");
		put_list(out, is->criticised, is->ncriticised, " and ");
		buf_byte(out, '.');
	}
}

void
summary_write(struct buf *out, const struct tally *t, enum summary_language language)
{
	struct keyword all[LOOKED_AT];
	unsigned share[SENTIMENTS];
	struct points is;
	size_t n;

	if (t->reviews == 0) {
		buf_str(out, language == SUMMARY_KO ? "분석할 리뷰가 없습니다." : "There are no reviews to analyse.");
		return;
	}
	n = tally_keywords(t, all, LOOKED_AT);
	tally_shares(t, share);
	is.npraised = pick_telling(t, all, n, POSITIVE, is.praised);
	is.ncriticised = pick_telling(t, all, n, NEGATIVE, is.criticised);
	(language == SUMMARY_KO ? write_ko : write_en)(out, t, share, &is);
}
