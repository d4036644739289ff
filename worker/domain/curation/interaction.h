/* interaction.h -- what users do with videos: stored in group commits, with what follows from it.
 *
 * One statement stores the interactions of several users and marks the recommended lists that were clicked. After the
 * commit the users' cached lists are dropped; preferences and trends follow (interaction_fold.h).
 */
#ifndef CURATION_INTERACTION_H
#define CURATION_INTERACTION_H

#include <stddef.h>
#include <stdint.h>

#define INTERACTION_TYPES "view|like|share|skip|save|hide"
#define INTERACTION_UNDOABLE "like|share|save|skip|hide"

struct interaction {
	const char	*video, *type;
	const char	*recommendation;	/* the list that it came from, a UUID; NULL: none */
	const char	*at;			/* ISO 8601; NULL: now */
	int64_t		 watch_ms;		/* -1: not known */
};

/* Stores all of a user's interactions or none: when it returns 0 they are committed. Yields. E_VIDEO_NOT_FOUND: one of
 * the videos does not exist; E_FORBIDDEN: the user cannot own rows; else as pg_query. */
int	 interaction_add(const char *user, const struct interaction *v, size_t n);

/* Takes back what the user did with the video: the rows of that type (of INTERACTION_UNDOABLE) are deleted, and the
 * preferences move back as far as they moved. *n: rows; 0 when there were none. Yields. E_FORBIDDEN; else as pg_query.
 */
int	 interaction_undo(const char *user, const char *video, const char *type, int64_t *n);

#endif
