/* curation_rule.h -- the rules of curation as pure functions: boost, quality, decay, growth, fit, variants.
 *
 * Scores and fits lie between 0 and 1 unless a function says otherwise. etc/doc/curation.md explains them to users.
 */
#ifndef CURATION_CURATION_RULE_H
#define CURATION_CURATION_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The moods that a video may have, and that a request may ask for. */
#define EMOTION_NAMES "joy|calm|sad|angry|fear|surprise|excitement|comfort"
enum { EMOTIONS = 8 };
const char	*emotion_name(size_t emotion);			/* NULL past the last */
int		 emotion_find(const char *name);		/* -1: none of them, NULL too */

/* The factor of a keyword for its interaction score: above 0.8 it is 1.5, below 0.3 it is 0.5, else 1. The same rule is
 * in sql/ (keyword_boost). */
double	 curation_boost(double interaction_score);
/* The quality of a video by its views, likes and age in days (negative ages count as 0); monotone in each. */
double	 curation_quality(int64_t views, int64_t likes, double age_days);
/* What is left of 1 after `age`: 2^(-age / half_life). 1 for negative ages. */
double	 curation_decay(double age, double half_life);

/* How fast a keyword rises: its rate by the fast count over that by the slow one, of decayed counts with these
 * half-lives in hours. 1 is steady; bounded by 0 and TREND_GROWTH_MAX. */
enum { TREND_GROWTH_MAX = 100 };
double	 trend_growth(double fast, double fast_half_life, double slow, double slow_half_life);
/* The order of trends: how often, weighted by how much it rises. */
double	 trend_score(double fast, double growth);

/* A keyword's pull, from -1 to 1: 0 at a neutral score of 0.5. */
double	 keyword_pull(double interaction_score, double boost_factor);
/* How `n` known keywords of a video, whose pulls sum up to `sum`, fit: 0.5 when nothing is known. */
double	 keyword_fit(double sum, size_t n);
/* How a video's emotions fit the wanted ones: 0.5 when the video or the wish has none. */
double	 emotion_fit(const double video[EMOTIONS], const double wanted[EMOTIONS]);

/* The variant of an experiment for a user: below `percent` of 100 it is 1, else 0. Always the same for the same user
 * and experiment, on every host. */
int	 curation_variant(const char *experiment, const char *user, int64_t percent);

#endif
