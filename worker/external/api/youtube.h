/* youtube.h -- the client of the YouTube Data API. */
#ifndef API_YOUTUBE_H
#define API_YOUTUBE_H

#include "base/param.h"

/* All yield; errors as fetch, the parsers and pg_query. */

/* Searches videos: stores what is found, *ids are best first. `limit_ms`: of all calls. */
int	 youtube_search(struct arena *mem, const char *words, int64_t limit_ms, struct strs *ids);
/* Asks again for the oldest videos of YouTube, and deletes those that it no longer has or that could not be refreshed
 * in time. *n: videos refreshed or deleted. */
int	 youtube_refresh(struct arena *mem, int64_t *n);

#endif
