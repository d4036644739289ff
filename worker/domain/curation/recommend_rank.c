/* recommend_rank.c -- see recommend_rank.h. Pure. See: t/unit/recommend_rank.c */
#include "recommend_rank.h"

#include <math.h>
#include <string.h>

#define RANK_FLOOR	0.05
#define PIN_FACTOR	1e6		/* pins come first */
#define MOOD_FACTOR	4		/* the weight of an emotion that was asked for */
enum { DAY_S = 86400 };

const struct rank_variant rank_variants[] = {
	{ .algorithm = "hybrid-a", .memory = 0.05, .neighbours = 0.9, .fresh_days = 60, .diversity = 0.05, .weight = {
	    [RANK_PREFERENCE] = 3, [RANK_RECENCY] = 0.02, [RANK_POPULARITY] = 0.03, [RANK_QUALITY] = 0.03,
	    [RANK_EMOTION] = 0.1 } },
	{ .algorithm = "hybrid-b", .memory = 0.2, .neighbours = 0.7, .fresh_days = 30, .diversity = 0.3, .weight = {
	    [RANK_PREFERENCE] = 2, [RANK_RECENCY] = 0.1, [RANK_POPULARITY] = 0.1, [RANK_QUALITY] = 0.1,
	    [RANK_EMOTION] = 0.15 } },
};

/* The largest of the candidates, which the others are measured against. */
struct scale { double neighbour, heat; };

static double
nearness(const struct rank_variant *how, const struct rank_video *v)
{
	return v->neighbour + how->memory * v->lasting;
}

static struct scale
find_scale(const struct rank_variant *how, const struct rank_video *v, size_t n)
{
	struct scale s = { 1e-9, 1e-9 };
	size_t i;

	for (i = 0; i < n; i++) {
		s.neighbour = fmax(s.neighbour, nearness(how, &v[i]));
		s.heat = fmax(s.heat, v[i].heat);
	}
	return s;
}

static uint64_t *
hash_words(struct arena *mem, const char *const *words, size_t n)
{
	uint64_t *hashes = arena_alloc(mem, (n + 1) * sizeof(*hashes));
	size_t i;

	for (i = 0; i < n; i++)
		hashes[i] = hash_bytes(words[i], strlen(words[i]));
	return hashes;
}

static double
fit_keywords(const struct rank_taste *taste, const uint64_t *known, const struct rank_video *v, const char **strongest)
{
	double sum = 0, most = 0;
	size_t i, k, n = 0;

	*strongest = NULL;
	for (i = 0; i < v->keywords.n; i++) {
		for (k = 0; k < taste->n && known[k] != v->hashes[i]; k++)
			;
		if (k == taste->n)
			continue;
		n++;
		sum += taste->pulls[k];
		if (taste->pulls[k] > most) {
			most = taste->pulls[k];
			*strongest = taste->keywords[k];
		}
	}
	return keyword_fit(sum, n);
}

/* Pins first; then the strongest of what speaks for it. */
static void
choose_reason(struct rank_video *v, const struct rank_taste *taste, double neighbour, double keywords, double emotion,
    const char *keyword, const char *mood)
{
	v->word = NULL;
	if (v->pinned) {
		v->reason = REASON_PIN;
	} else if (taste->mood && emotion > 0.7) {
		v->reason = REASON_MOOD;
		v->word = mood;
	} else if (v->because != NULL && neighbour >= keywords - 0.5) {
		v->reason = REASON_NEIGHBOUR;
	} else if (keyword != NULL && keywords > 0.5) {
		v->reason = REASON_KEYWORD;
		v->word = keyword;
	} else if (v->trend != NULL) {
		v->reason = REASON_TREND;
		v->word = v->trend;
	} else {
		v->reason = v->because != NULL ? REASON_NEIGHBOUR : REASON_POPULAR;
	}
}

static const char *
strongest_emotion(const double wanted[EMOTIONS])
{
	size_t i, best = 0;

	for (i = 1; i < EMOTIONS; i++)
		if (wanted[i] > wanted[best])
			best = i;
	return emotion_name(best);
}

/* A user of whom nothing is known has no preference: the other factors decide. */
static void
score_video(struct rank_video *v, const struct rank_variant *how, const struct rank_taste *taste, const uint64_t *known,
    struct scale s)
{
	double age_days = (double)(taste->now_s - v->published_s) / DAY_S, factor[RANK_FACTORS], log_score = 0;
	double neighbour = nearness(how, v) / s.neighbour, keywords;
	const char *keyword;
	int f;

	keywords = fit_keywords(taste, known, v, &keyword);
	factor[RANK_PREFERENCE] = how->neighbours * neighbour + (1 - how->neighbours) * keywords;
	factor[RANK_RECENCY] = curation_decay(age_days, how->fresh_days);
	factor[RANK_POPULARITY] = log1p(v->heat) / log1p(s.heat);
	factor[RANK_QUALITY] = curation_quality(v->views, v->likes, age_days);
	factor[RANK_EMOTION] = emotion_fit(v->emotions, taste->emotions);
	for (f = 0; f < RANK_FACTORS; f++)
		log_score += how->weight[f] * (f == RANK_EMOTION && taste->mood ? MOOD_FACTOR : 1) *
		    log(RANK_FLOOR + (1 - RANK_FLOOR) * factor[f]);
	v->score = exp(log_score) * v->boost;
	choose_reason(v, taste, neighbour, keywords, factor[RANK_EMOTION], keyword,
	    strongest_emotion(taste->emotions));
}

/* Shared keywords over all of both (Jaccard). */
static double
likeness(const struct rank_video *a, const struct rank_video *b)
{
	size_t i, k, shared = 0, all = a->keywords.n + b->keywords.n;

	for (i = 0; i < a->keywords.n; i++)
		for (k = 0; k < b->keywords.n; k++)
			shared += a->hashes[i] == b->hashes[k];
	return all == shared ? 0 : (double)shared / (double)(all - shared);
}

/* Whether another of its channel, or another pin, may follow the `n` picked. */
static bool
has_room(const struct rank_video *v, struct rank_video *const *picked, size_t n)
{
	size_t from = n >= RANK_CHANNEL_WINDOW ? n - RANK_CHANNEL_WINDOW + 1 : 0, same = 0, pins = 0, i;

	for (i = 0; i < n; i++) {
		pins += picked[i]->pinned;
		same += i >= from && *v->channel != '\0' && strcmp(picked[i]->channel, v->channel) == 0;
	}
	return same < RANK_CHANNEL_MAX && !(v->pinned && pins >= RANK_PINS_MAX);
}

static struct rank_video *
pick_next(const struct rank_variant *how, struct rank_video *v, size_t n, struct rank_video *const *picked,
    size_t n_picked)
{
	struct rank_video *best = NULL;
	double worth, most = -INFINITY;
	size_t i;

	for (i = 0; i < n; i++) {
		if (v[i].picked)
			continue;
		worth = v[i].score * (1 - how->diversity * v[i].repeats) * (v[i].pinned ? PIN_FACTOR : 1);
		if (worth > most && has_room(&v[i], picked, n_picked)) {
			most = worth;
			best = &v[i];
		}
	}
	return best;
}

size_t
recommend_rank(struct arena *mem, const struct rank_variant *how, const struct rank_taste *taste, struct rank_video *v,
    size_t n, size_t limit, struct rank_video **out)
{
	uint64_t *known = hash_words(mem, taste->keywords, taste->n);
	struct scale s = find_scale(how, v, n);
	struct rank_video *next;
	size_t i, picked = 0;

	for (i = 0; i < n; i++) {
		v[i].hashes = hash_words(mem, v[i].keywords.v, v[i].keywords.n);
		score_video(&v[i], how, taste, known, s);
		v[i].picked = false;
		v[i].repeats = 0;
	}
	while (picked < limit && (next = pick_next(how, v, n, out, picked)) != NULL) {
		next->picked = true;
		out[picked++] = next;
		for (i = 0; i < n; i++)
			if (!v[i].picked)
				v[i].repeats = fmax(v[i].repeats, likeness(&v[i], next));
	}
	return picked;
}
