/* notification.h -- what users are told and can read later: rows, the last hundred in Redis, a channel, an event.
 *
 * A new one is stored, put into the list user_notifications:{userId}, published on the channel of that name and emitted
 * as `notification` to the room user:{userId}. Rows live for RETENTION_NOTIFICATION_DAYS.
 */
#ifndef CORE_NOTIFICATION_H
#define CORE_NOTIFICATION_H

#include <stdbool.h>

#include "base/json.h"
#include "effects.h"
#include "link/pg.h"

struct notification {
	const char	*user, *type, *title, *message;
	const char	*priority;	/* normal or high; NULL: normal */
	const char	*source_id;	/* the sender's own id, by which it is known when it comes again; NULL: none */
	struct str	 data;		/* a JSON object; p NULL: {} */
};
/* Store it in `pg`'s transaction and collect what is to be told. Yields. E_CONFLICT when it is known, E_NOT_FOUND when
 * there is no such user; else as pg_query. */
int	 notification_add(struct pg *pg, struct effects *effects, const struct notification *n);

/* For statements that insert into notifications themselves: returned by "RETURNING " NOTIFICATION_EVENT, told by
 * notification_effects. */
#define NOTIFICATION_EVENT "json_build_object('id', id, 'userId', user_id, 'type', type, 'title', title, 'message', " \
	"message, " \
	"'priority', priority, 'data', data, 'read', false, 'createdAt', iso(created_at))::text"
void	 notification_effects(struct effects *effects, const char *user, struct str event);

/* For republish.h: those stored since `since_ms`; a client knows a duplicate by its id. Yields. Errors as pg_query. */
int	 notification_republish(struct effects *effects, int64_t since_ms);

/* --- For the user himself; E_FORBIDDEN when that is no account. Yield. --- */
/* {id,type,title,message,priority,data,read,readAt,createdAt}, newest first, behind `cursor` (NULL: from the newest);
 * *unread counts all. E_VALIDATION for a cursor that is none. */
int	 notification_list(struct arena *mem, const char *user, int64_t limit, const char *cursor, bool unread_only,
    struct str *list,
	    const char **next, int64_t *unread);
int	 notification_unread(const char *user, int64_t *unread);
/* Mark one (or, with id 0, all) as read, and tell the user's other sockets by `notification-read`. *unread: left.
 * E_NOT_FOUND. */
int	 notification_read(struct arena *mem, const char *user, int64_t id, int64_t *unread);
/* E_NOT_FOUND. */
int	 notification_delete(struct arena *mem, const char *user, int64_t id);

#endif
