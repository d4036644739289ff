/* video_external.h -- videos that an external service describes: stored, refreshed, deleted in time, classified. */
#ifndef CURATION_VIDEO_EXTERNAL_H
#define CURATION_VIDEO_EXTERNAL_H

#include "base/json.h"
#include "base/param.h"

#define SOURCE_YOUTUBE "youtube"
enum { EXTERNAL_DAYS_MAX = 30 };	/* nothing of YouTube is kept for longer without asking again */

struct external_video {
	const char	*id, *title, *description, *channel, *channel_title, *published, *language;
	int64_t		 duration_s;		/* -1: not known */
	int64_t		 views, likes, comments;
	struct strs	 keywords;
};

/* All yield; errors as pg_query. */

/* Stores videos of YouTube: new ones, and what it says now of those that came from it. Scores are derived from it only
 * with YOUTUBE_DERIVE. */
int	 video_external_store(struct arena *mem, const struct external_video *v, size_t n);
/* Ids of videos of YouTube last asked for more than YOUTUBE_REFRESH_DAYS ago, oldest first. */
int	 video_external_stale(struct arena *mem, int64_t limit, struct strs *ids);
/* YouTube no longer has these. *n: how many were deleted. */
int	 video_external_drop(struct arena *mem, struct strs ids, int64_t *n);
/* Deletes what was not refreshed within EXTERNAL_DAYS_MAX. */
int	 video_external_expire(int64_t *n);
/* The videos with these ids as a JSON array, in this order; those not known or hidden are left out. */
int	 video_external_docs(struct arena *mem, struct strs ids, int64_t limit, struct str *list);

#endif
