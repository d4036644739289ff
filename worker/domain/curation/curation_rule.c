/* curation_rule.c -- see curation_rule.h. Pure. See: t/unit/curation_rule.c */
#include "curation_rule.h"

#include <math.h>

#include "base/str.h"

/* Of curation_quality: its parts sum up to 1. */
#define VIEWS_SHARE	0.45
#define LIKES_SHARE	0.25
#define FRESH_SHARE	0.30
enum { VIEWS_DIGITS = 7, FRESH_DAYS = 180 };
#define LIKES_DIGITS	5.5

/* 2^-100 still fits a real of PostgreSQL, which refuses a value that underflows. */
enum { HALVINGS_MAX = 100 };

/* A rate of so little is noise: keeps the growth of rare keywords near 1. */
#define RATE_FLOOR	0.5

static const char *const emotions[EMOTIONS] = { "joy", "calm", "sad", "angry", "fear", "surprise", "excitement",
    "comfort" };

const char *
emotion_name(size_t emotion)
{
	return emotion < EMOTIONS ? emotions[emotion] : NULL;
}

int
emotion_find(const char *name)
{
	int i;

	for (i = 0; name != NULL && i < EMOTIONS; i++)
		if (strcmp(emotions[i], name) == 0)
			return i;
	return -1;
}

double
curation_boost(double interaction_score)
{
	return interaction_score > 0.8 ? 1.5 : interaction_score < 0.3 ? 0.5 : 1;
}

static double
digits_of(int64_t n, double most)
{
	return fmin(1, log10(1 + (double)(n > 0 ? n : 0)) / most);
}

double
curation_quality(int64_t views, int64_t likes, double age_days)
{
	return VIEWS_SHARE * digits_of(views, VIEWS_DIGITS) + LIKES_SHARE * digits_of(likes, LIKES_DIGITS) +
	    FRESH_SHARE * curation_decay(age_days, FRESH_DAYS);
}

double
curation_decay(double age, double half_life)
{
	double halvings = age / half_life;

	return age <= 0 ? 1 : halvings > HALVINGS_MAX ? 0 : exp2(-halvings);
}

/* A decayed count of steady events is their rate times half_life / ln 2. */
static double
hourly_rate(double count, double half_life)
{
	return fmax(count, 0) * M_LN2 / half_life;
}

double
trend_growth(double fast, double fast_half_life, double slow, double slow_half_life)
{
	double now = hourly_rate(fast, fast_half_life), usual = hourly_rate(slow, slow_half_life);

	return fmin(TREND_GROWTH_MAX, (now + RATE_FLOOR) / (usual + RATE_FLOOR));
}

double
trend_score(double fast, double growth)
{
	return fmax(fast, 0) * sqrt(fmax(growth, 0));
}

double
keyword_pull(double interaction_score, double boost_factor)
{
	return fmax(-1, fmin(1, interaction_score * boost_factor - 0.5));
}

double
keyword_fit(double sum, size_t n)
{
	return n == 0 ? 0.5 : fmax(0, fmin(1, 0.5 + sum / (1 + sqrt((double)n))));
}

double
emotion_fit(const double video[EMOTIONS], const double wanted[EMOTIONS])
{
	double dot = 0, a = 0, b = 0;
	size_t i;

	for (i = 0; i < EMOTIONS; i++) {
		dot += video[i] * wanted[i];
		a += video[i] * video[i];
		b += wanted[i] * wanted[i];
	}
	return a <= 0 || b <= 0 ? 0.5 : dot / sqrt(a * b);
}

int
curation_variant(const char *experiment, const char *user, int64_t percent)
{
	uint64_t h = 14695981039346656037u;
	const char *p;

	for (p = experiment; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	h = (h ^ '/') * 1099511628211u;
	for (p = user; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdu;
	h ^= h >> 33;
	return (int64_t)(h % 100) < percent;
}
