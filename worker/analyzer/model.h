/* model.h -- classifies a review as positive, negative or neutral, from its text alone.
 *
 * Hangul is scored by a trained linear model over character sequences (features.h), Latin words by a hand-written
 * lexicon (lexicon_en.h), mixed text by both in proportion to their letters. Ratings are not used. The model file is
 * mapped read-only, so that any number of processes share it. No review is retained.
 */
#ifndef ANALYZER_MODEL_H
#define ANALYZER_MODEL_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_PATH	"etc/model/ko-reviews.model"

enum sentiment { POSITIVE, NEGATIVE, NEUTRAL, SENTIMENTS };

/* The file: this header, little-endian, then 2^bits weights of one signed byte. */
struct model_header {
	char		magic[8];
	uint32_t	version;	/* FEATURE_VERSION */
	uint32_t	bits;
	uint32_t	gram_max;
	uint32_t	reviews;	/* trained on */
	float		scale;		/* log-odds of a weight of 1 in a text of one feature */
	float		offset;		/* log-odds of a text without features */
	float		neutral_low;	/* p_positive strictly between the two is neutral */
	float		neutral_high;
	float		accuracy;	/* on reviews held out of training, neutral band ignored */
	uint32_t	zero;
	uint64_t	checksum;	/* hash_bytes of the weights, then of this header with checksum 0, xored */
};

struct model {
	const struct model_header	*head;
	const int8_t			*weights;
	size_t				 bytes;		/* mapped */
};

struct verdict {
	enum sentiment	label;
	float		p_positive;	/* 0..1, calibrated on held-out reviews for Korean, by hand for English */
	float		confidence;	/* 0..1: of the label's side, max(p, 1-p); 0 when the text has no letters */
};

/* "positive", "negative", "neutral". */
extern const char *const sentiment_names[SENTIMENTS];

/* Maps and checks a model file. NULL with a reason in *why (static text) when it is missing, truncated or altered. */
struct model	*model_open(const char *path, const char **why);
void		 model_close(struct model **m);
/* Replaces the model file at `path` atomically (a new file, renamed); fills in magic, version and checksum. 0, or -1
 * with errno. */
int		 model_save(const char *path, struct model_header *head, const int8_t *weights);

/* Classifies `n` bytes of valid UTF-8 in time proportional to n. Uses about 40 KiB of stack, no heap. */
void		 model_classify(const struct model *m, const char *text, size_t n, struct verdict *out);

#endif
