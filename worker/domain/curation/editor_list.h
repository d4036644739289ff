/* editor_list.h -- editors' lists: pin, block or boost a channel, a keyword or a video, for recommendations. */
#ifndef CURATION_EDITOR_LIST_H
#define CURATION_EDITOR_LIST_H

#include "base/json.h"

#define EDITOR_ACTIONS "pin|block|boost"
#define EDITOR_TARGETS "channel|keyword|video"

struct editor_entry {
	const char	*action, *target, *value;
	double		 factor;	/* of a boost */
	const char	*until;		/* ISO 8601; NULL: for ever */
	const char	*note;		/* NULL: none */
	const char	*editor;	/* the user who writes it; NULL: not known */
};
enum { EDITOR_ENTRIES_MAX = 1000 };

/* All yield; errors as pg_query, and those named. Users' cached lists follow within RECOMMENDATION_CACHE_TTL. */

/* The entries that hold, newest first: [{id,action,target,value,factor,until,note,createdAt}]. */
int	 editor_list_read(struct arena *mem, struct str *list);
/* Adds an entry, or changes the one of the same action, target and value. *json: the entry. E_BUSY: there are
 * EDITOR_ENTRIES_MAX. */
int	 editor_list_put(struct arena *mem, const struct editor_entry *e, struct str *json);
/* E_NOT_FOUND. */
int	 editor_list_delete(int64_t id);

#endif
