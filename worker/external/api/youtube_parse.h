/* youtube_parse.h -- answers of the YouTube Data API, read strictly: they are bytes of somebody else. Pure. */
#ifndef API_YOUTUBE_PARSE_H
#define API_YOUTUBE_PARSE_H

#include "worker/domain/curation/video_external.h"

enum { YOUTUBE_IDS_MAX = 50 };		/* of one call */

/* The videos of videos.list, in `mem`. E_VALIDATION: not such an answer; else as json_parse. A video without id or
 * title is left out; what is too long is clipped. */
int	 youtube_parse_videos(struct arena *mem, struct str body, struct external_video **out, size_t *n);
/* The video ids of search.list, best first. Errors likewise. */
int	 youtube_parse_search(struct arena *mem, struct str body, struct strs *ids);
/* The reason in an error: "quotaExceeded"; "" where there is none. */
const char *youtube_error_reason(struct arena *mem, struct str body);
/* Whether it looks like the id of a video. */
bool	 youtube_id_ok(const char *id);

#endif
