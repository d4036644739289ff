/* preference.h -- what a user thinks of keywords: scores from 0 to 1, moved by interactions or set by the user. */
#ifndef CURATION_PREFERENCE_H
#define CURATION_PREFERENCE_H

#include <stdbool.h>

#include "base/json.h"

enum { PREFERENCES_SET_MAX = 200 };

/* All yield; errors as pg_query, and E_FORBIDDEN for a name that can own no rows. */

/* The user's keywords, farthest from neutral first: [{keyword,score,boost,events,updatedAt}], at most `limit`. */
int	 preference_list(struct arena *mem, const char *user, int64_t limit, struct str *list);
struct preference {
	const char	*keyword;	/* in stored form (video_keyword) */
	double		 score;		/* below 0: forget it */
};
/* Sets these; `replace`: and forgets all others. */
int	 preference_set(const char *user, const struct preference *v, size_t n, bool replace);
/* Forgets the least recent keywords of users who have more than PREFERENCES_MAX. *n: how many. */
int	 preference_trim(int64_t *n);

#endif
