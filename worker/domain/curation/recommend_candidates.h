/* recommend_candidates.h -- the first stage of a recommendation: reads the videos that may be recommended, with what
 * the ranking needs of them and of the user. An offline evaluation reads them by the same statements.
 */
#ifndef CURATION_RECOMMEND_CANDIDATES_H
#define CURATION_RECOMMEND_CANDIDATES_H

#include "recommend_rank.h"

struct pg;

struct recommend_ask {
	const char	*user;		/* NULL: anonymous */
	const char	*video;		/* videos similar to this one; NULL: for the user's taste */
	int		 emotion;	/* wanted; -1: as lately */

	/* Of an evaluation: */
	struct pg	*pg;		/* whose tables are read; NULL: the server's */
	int64_t		 now_s;		/* since 1970; 0: the present */
};
struct recommend_pool {
	struct rank_video *v;
	size_t		 n;
	struct rank_taste taste;
	bool		 cold;		/* nothing is known of the user */
};

/* Reads candidates and taste, in `mem`: never what the user watched or hid, what is hidden, or what editors block.
 * Yields. Errors as pg_query; E_FORBIDDEN for a user that can own no rows. */
int	 recommend_candidates(struct arena *mem, const struct recommend_ask *ask, struct recommend_pool *out);

#endif
