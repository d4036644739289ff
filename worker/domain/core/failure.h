/* failure.h -- the event `error` (also `error:{requestId}`): something that was asked for went wrong.
 *
 * It goes to the room of what was asked for, and is kept for those who come late (ws: state_tell_failure), apart from
 * the room's state.
 */
#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include "base/json.h"
#include "effects.h"
#include "link/pg.h"

struct failure {
	const char	*request_id;		/* a task, a search or a batch job */
	const char	*type, *message, *severity;
	struct str	 details;		/* JSON; p NULL: none */
};
/* Collect it for the room "{kind}:{request_id}": analysis, search or batch. */
void	 failure_effects(struct effects *effects, const char *kind, const struct failure *f);
/* Under which name it is kept, as a room. */
const char *failure_room(struct arena *mem, const char *request_id);

/* What a neighbour said on error-notifications: stored, and told to the room it concerns where there is one. E_CONFLICT
 * when it is known by its id (NULL: none). Yields. */
int	 failure_on_topic(struct pg *pg, struct effects *effects, const struct failure *f, const char *error_id);
/* For republish.h: those stored since `since_ms`. Yields. Errors as pg_query. */
int	 failure_republish(struct effects *effects, int64_t since_ms);

#endif
