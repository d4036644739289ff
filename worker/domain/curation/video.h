/* video.h -- curated videos: import, reading, search, and what editors change. */
#ifndef CURATION_VIDEO_H
#define CURATION_VIDEO_H

#include <stdbool.h>

#include "base/param.h"
#include "worker/domain/core/caller.h"
#include "worker/domain/core/effects.h"

enum { VIDEO_TITLE_MAX = 500, VIDEO_TEXT_MAX = 20000, VIDEO_KEYWORDS_MAX = 32, VIDEO_KEYWORD_MAX = 64 };
#define VIDEO_COUNT_MAX INT64_C(1000000000000)

struct import;
/* Imports videos (catalog/import.h): items {videoId,title,description?,channelId?,channelTitle?,publishedAt?,
 * durationSeconds?,viewCount?,likeCount?,commentCount?,keywords?[],emotions?{},language?,source?}; a video of the
 * same id is replaced, but keeps what an editor said of it. The report counts "created" and "updated". In the
 * coroutine's arena. */
struct import *video_import(void);

/* Keywords as they are stored: trimmed, lower case, each once, those too long or empty left out; at most
 * VIDEO_KEYWORDS_MAX, in `mem`. Pure. */
struct strs video_keywords(struct arena *mem, struct strs given);
/* The same for one: NULL when it is none. */
const char *video_keyword(struct arena *mem, const char *given);

/* All yield; errors as pg_query, and those named. */

/* A video as JSON; cached as video:{id}. `all`: a hidden one too. E_VIDEO_NOT_FOUND. */
int	 video_get(struct arena *mem, const char *id, bool all, struct str *json);
struct video_filter {
	const char	*q;			/* part of title or channel; NULL, "": any */
	const char	*channel, *keyword;	/* NULL: any */
	const char	*sort;			/* of VIDEO_SORTS */
	int64_t		 limit;
	const char	*cursor;		/* NULL: the first page */
};
#define VIDEO_SORTS "newest|popular|quality"
/* A page as a JSON array; *next is the cursor of the next page or NULL. E_VALIDATION: the cursor is not of this sort.
 */
int	 video_list(struct arena *mem, const struct video_filter *f, struct str *list, const char **next);
/* The same as a search of a user (NULL: anonymous), recorded in video_search_sessions. *source: where the answer is
 * from. */
int	 video_search(struct arena *mem, const struct video_filter *f, const char *user, struct str *list,
    const char **next, const char **source);

/* What an editor changes; a member that is not set stays. */
struct video_change {
	bool		 sets_hidden, hidden;
	bool		 sets_pin;
	const char	*pinned_until;		/* ISO 8601; NULL: no longer */
};
/* Changes a video, and drops it from the caches. E_VIDEO_NOT_FOUND. */
int	 video_change(struct arena *mem, const char *id, const struct video_change *c, struct str *json);

/* Loads the most viewed videos into the cache (VIDEO_WARM_COUNT). *n: how many. */
int	 video_warm(int64_t *n);

#endif
