/* failure.h -- the event `error` (also `error:{requestId}`): a requested analysis, search or batch went wrong.
 *
 * It is published to the room of the request and kept for sockets that join later (ws: state_tell_failure), separately
 * from the room's state.
 */
#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include "base/json.h"
#include "effects.h"
#include "link/pg.h"

struct failure {
	const char	*request_id;		/* id of a task, a search or a batch job */
	const char	*type, *message, *severity;
	const char	*step;			/* of an analysis: where it failed; NULL: none */
	struct str	 details;		/* JSON; p NULL: none */
};
/* Collects the event for the room "{kind}:{request_id}", kind being analysis, search or batch. */
void	 failure_effects(struct effects *effects, const char *kind, const struct failure *f);
/* The name under which it is kept, in place of a room's. In `mem`. */
const char *failure_room(struct arena *mem, const char *request_id);

/* The same for an error that Dure itself reports: also stores it and announces it on the topic error-notifications, as
 * `error_id` and with `key`, in `pg`'s transaction. What comes back from the topic is known by its id. Yields. Errors
 * as pg_query. */
int	 failure_report(struct pg *pg, struct effects *effects, const char *kind, const struct failure *f,
    const char *error_id, const char *key);
/* A reason "CODE: text" as {"code","message"}; one without a code has ANALYSIS_FAILED. NULL: null. In `mem`. */
struct str failure_reason(struct arena *mem, const char *text);

/* A message of the topic error-notifications: stores it and, where it concerns a request, collects the event for its
 * room. E_CONFLICT when error_id is known already (NULL: never). Yields. Other errors as pg_query. */
int	 failure_on_topic(struct pg *pg, struct effects *effects, const struct failure *f, const char *error_id);
/* For republish.h: collects the events of those stored since `since_ms` (ms since 1970). Yields. Errors as pg_query. */
int	 failure_republish(struct effects *effects, int64_t since_ms);

#endif
