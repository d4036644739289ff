/* eval_data.h -- what an offline evaluation works on: the database as it was before a cut, and what came after it.
 *
 * eval_open hides tables behind temporary ones of the same names, so that the statements that serve requests see only
 * the interactions before the cut; the rollback of the caller's transaction leaves nothing. Trends and editors'
 * lists are of the present and therefore left out; whoever makes lists ignores pins as well.
 */
#ifndef CURATION_EVAL_DATA_H
#define CURATION_EVAL_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct pg;

struct eval_video {
	const char	*id;
	uint64_t	*words;			/* hashes of its keywords */
	size_t		 n_words;
};
/* Numbers of videos, 0 for the first of eval_data. */
struct eval_numbers { int32_t *v; size_t n; };
struct eval_user {
	const char	*id;
	struct eval_numbers liked;		/* before the cut, the oldest first */
	struct eval_numbers other;		/* seen, not liked */
	struct eval_numbers relevant;		/* first liked after the cut; empty: not a case */
	int64_t		 cut_s;			/* since 1970 */
};
struct eval_data {
	struct eval_video *videos;		/* by id, as strcmp orders */
	struct eval_user *users;
	size_t		 n_videos, n_users, n_cases, n_interactions;
};

enum eval_split {
	EVAL_LAST,				/* of each user the video that he came to last */
	EVAL_TIME				/* the last fifth of all that happened */
};
struct eval_scope {
	enum eval_split	 split;
	int64_t		 users;			/* cases at most; chosen by a hash, always the same */
	int64_t		 interactions;		/* the latest ones, at most */
};

/* Hide the tables, within the transaction `pg`. Yields. Errors as pg_query. */
int	 eval_open(struct pg *pg, const struct eval_scope *scope);
/* Read all into `mem`: about 100 bytes a video and 4 an interaction. Yields. Errors as pg_query. */
int	 eval_read(struct arena *mem, struct pg *pg, struct eval_data *out);
/* The number of a video; -1: none of them. */
int32_t	 eval_number(const struct eval_data *d, const char *id);

#endif
