/* classification.h -- what a language model says of videos: which to ask about, what it answered, batches on the way.
 *
 * A video is classified once for each model and version of the prompt. Those that YouTube described only with
 * YOUTUBE_DERIVE. Labels are emotions of curation_rule.h, nothing else.
 */
#ifndef CURATION_CLASSIFICATION_H
#define CURATION_CLASSIFICATION_H

#include "base/json.h"
#include "curation_rule.h"

struct classification {
	double	 emotions[EMOTIONS];	/* 0 to 1 */
	double	 confidence;
	bool	 valid;			/* false: the answer was none; stored so that it is not asked for again */
};
struct unclassified {
	const char	*id, *title, *channel, *description;
};

/* All yield; errors as pg_query. */

/* Videos that were not asked about and are in no open batch, the newest first; *n of `limit`. */
int	 classification_due(struct arena *mem, const char *model, const char *version, int64_t limit,
    struct unclassified **v, size_t *n);
/* Stores the answer for a video, and gives the video these emotions. */
int	 classification_store(struct arena *mem, const char *video, const char *model, const char *version,
    const struct classification *c);

/* A batch: a row is written before it is created, so that it is found again whatever dies. */
struct classification_batch {
	const char	*tag;		/* its custom ids begin with it */
	const char	*batch;		/* NULL: not known whether it was created */
	const char	*model, *version;
	const char	**videos;
	size_t		 n;
	int64_t		 reserved;	/* tokens */
	int64_t		 created_ms, age_ms;
};
int	 classification_batch_begin(struct arena *mem, const struct classification_batch *b);
int	 classification_batch_created(const char *tag, const char *batch);
/* It is over: "done", "lost", "gone", "expired"; its videos may be asked about again unless they are classified. */
int	 classification_batch_end(const char *tag, const char *outcome, int64_t used);
/* The open ones, oldest first. */
int	 classification_batches(struct arena *mem, struct classification_batch **v, size_t *n);
/* Whether a batch of this id is known. */
int	 classification_batch_known(const char *batch, bool *known);

#endif
