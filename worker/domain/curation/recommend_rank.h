/* recommend_rank.h -- the second stage of a recommendation: scores candidates, then picks a diverse list. Pure.
 *
 * The score is the weighted geometric mean of factors, each between RANK_FLOOR and 1: preference, recency,
 * popularity, quality and emotion fit; an editor's boost multiplies it. The pick is greedy (maximal marginal
 * relevance): each step takes the best score, lowered by what it repeats of the keywords already picked, at most
 * RANK_CHANNEL_MAX of a channel among RANK_CHANNEL_WINDOW. Whoever reads the candidates leaves out what was watched,
 * hidden or blocked.
 */
#ifndef CURATION_RECOMMEND_RANK_H
#define CURATION_RECOMMEND_RANK_H

#include "base/arena.h"
#include "base/param.h"
#include "curation_rule.h"

enum { RANK_CHANNEL_MAX = 2, RANK_CHANNEL_WINDOW = 20, RANK_PINS_MAX = 3 };

enum rank_factor { RANK_PREFERENCE, RANK_RECENCY, RANK_POPULARITY, RANK_QUALITY, RANK_EMOTION, RANK_FACTORS };

/* A variant of the ranking. */
struct rank_variant {
	const char	*algorithm;		/* as answers and metrics name it */
	double		 weight[RANK_FACTORS];	/* exponents */
	double		 memory;		/* of all that was watched, against 1 of what was watched last */
	double		 neighbours;		/* share of co-occurrence in preference; the rest is of keywords */
	double		 fresh_days;		/* half-life of recency */
	double		 diversity;		/* share of the score that a full repetition of keywords costs */
};
extern const struct rank_variant rank_variants[];	/* 0 and 1: of the experiment */
enum { RANK_VARIANTS = 2 };
#define RANK_COLD "trends"		/* the algorithm's name for a user of whom nothing is known */

/* What is known of a user. */
struct rank_taste {
	const char	**keywords;
	double		*pulls;			/* keyword_pull of each */
	size_t		 n;
	double		 emotions[EMOTIONS];	/* wanted; all 0: any */
	bool		 mood;			/* the request named the emotion: it counts fully */
	int64_t		 now_s;			/* since 1970 */
};

/* Why a video is in a list. */
enum rank_reason { REASON_PIN, REASON_NEIGHBOUR, REASON_KEYWORD, REASON_MOOD, REASON_TREND, REASON_POPULAR,
	REASON_SIMILAR };

struct rank_video {
	/* In. */
	const char	*id, *channel;
	struct strs	 keywords;
	int64_t		 published_s, views, likes;
	double		 emotions[EMOTIONS];
	double		 neighbour;		/* summed similarity to what the user watched last; 0: none */
	double		 lasting;		/* the same, older videos counting as much */
	const char	*because;		/* the watched video that it is nearest to; NULL: none */
	double		 heat;			/* how much it is watched here now, decayed; 0: not */
	const char	*trend;			/* a rising keyword of it; NULL: none */
	double		 boost;			/* by editors; 1: none */
	bool		 pinned;

	/* Out. */
	double		 score;
	enum rank_reason reason;
	const char	*word;			/* the keyword or emotion of the reason; NULL: none */
	uint64_t	*hashes;		/* of the keywords */
	double		 repeats;		/* the largest likeness to a picked one */
	bool		 picked;
};

/* Scores all of v[n] and picks at most `limit` into out[], best first; returns how many. Uses `mem`. */
size_t	 recommend_rank(struct arena *mem, const struct rank_variant *how, const struct rank_taste *taste,
    struct rank_video *v, size_t n, size_t limit, struct rank_video **out);

#endif
