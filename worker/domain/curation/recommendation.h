/* recommendation.h -- lists of what a user may like: made, cached, explained, attributed, announced.
 *
 * A list is cached under the user's generation (`recommendations:generation:{user}`), which every interaction of the
 * user increments. Each made list is a row of recommendation_lists; its id comes with every item and, back with an
 * interaction, counts as a click.
 */
#ifndef CURATION_RECOMMENDATION_H
#define CURATION_RECOMMENDATION_H

#include <stdbool.h>

#include "base/json.h"

enum { RECOMMENDATION_LIMIT = 20, RECOMMENDATION_LIMIT_MAX = 50 };

/* All yield unless they say otherwise; errors as pg_query, and those named. */

/* For a user's taste: [{video,score,reason,reasonType,algorithm,recommendationId}], best first. `emotion`: a name of
 * curation_rule.h, or NULL: as lately. E_FORBIDDEN: the user can own no rows. */
int	 recommendation_find(struct arena *mem, const char *user, const char *emotion, bool english, int64_t limit,
    struct str *list);
/* Similar to a video; `user` NULL: anonymous, with recommendationId null. E_VIDEO_NOT_FOUND. */
int	 recommendation_similar(struct arena *mem, const char *user, const char *video, bool english, int64_t limit,
    struct str *list);
/* Products by the user's keywords and the sentiment of their reviews: [{product,sentiment,score,reason,reasonType,
 * algorithm,recommendationId}]. E_FORBIDDEN. */
int	 recommendation_products(struct arena *mem, const char *user, bool english, int64_t limit, struct str *list);
/* The ids alone, for other services: ["v1",…]. E_FORBIDDEN. */
int	 recommendation_ids(struct arena *mem, const char *user, int64_t limit, struct str *list);

/* The user's lists are out of date; a changed one is announced a little later as `recommendations:update`. Does not
 * yield. */
void	 recommendation_drop(const char *user);
/* All lists are out of date: what editors pin, block, boost or hide has changed. Does not yield. */
void	 recommendation_drop_all(void);

#endif
