/* notification.h -- notifications of users: rows, the newest hundred in Redis, a channel, an event.
 *
 * A new one is stored, pushed onto the list user_notifications:{userId}, published on the channel of that name and
 * emitted as `notification` to the room user:{userId}. Rows are kept for RETENTION_NOTIFICATION_DAYS.
 */
#ifndef CORE_NOTIFICATION_H
#define CORE_NOTIFICATION_H

#include <stdbool.h>

#include "base/json.h"
#include "effects.h"
#include "link/pg.h"

struct notification {
	const char	*user, *type;
	const char	*title, *message;	/* NULL: those of the type, where it is known (notification_text.h) */
	const char	*priority;	/* normal or high; NULL: normal */
	const char	*source_id;	/* the sender's id, for deduplication; NULL: none */
	struct str	 data;		/* a JSON object; p NULL: {} */
	const struct json *sent;	/* the message behind it, whose other members are delivered as they are; NULL */
};
/* A text of the type is in DEFAULT_LANGUAGE; the event's `texts` {ko,en: {title,message}} has it in all.
 *
 * Stores it in `pg`'s transaction and collects its effects. Yields. E_CONFLICT for a duplicate, E_NOT_FOUND for an
 * unknown user; else as pg_query. */
int	 notification_add(struct pg *pg, struct effects *effects, const struct notification *n);

/* For statements that insert into notifications themselves: `RETURNING user_id, ` NOTIFICATION_EVENT, whose results
 * notification_effects takes. */
#define NOTIFICATION_WITH_EXTRA(object) "(left(" object "::text, -1) || coalesce(',' || substr(extra::text, 2), '}'))"
#define NOTIFICATION_EVENT NOTIFICATION_WITH_EXTRA( \
	"json_build_object('id', id, 'userId', user_id, 'type', type, 'title', title, 'message', message," \
	" 'priority', priority, 'data', data, 'read', false, 'createdAt', iso(created_at))")
void	 notification_effects(struct effects *effects, const char *user, struct str event);

/* For republish.h: collects the effects of those stored since `since_ms` (ms since 1970); clients deduplicate by id.
 * Yields. Errors as pg_query. */
int	 notification_republish(struct effects *effects, int64_t since_ms);

/* --- For the users themselves; E_FORBIDDEN when `user` is no account. All yield. --- */
/* {id,type,title,message,priority,data,read,readAt,createdAt} and what else was sent, newest first, behind `cursor`
 * (NULL: from the newest), with the texts of `language` ("ko", "en") where there are such; *unread counts all.
 * E_VALIDATION for a malformed cursor. */
struct notification_filter {
	const char	*cursor, *language;
	int64_t		 limit;
	bool		 unread_only;
};
int	 notification_list(struct arena *mem, const char *user, const struct notification_filter *f, struct str *list,
    const char **next, int64_t *unread);
int	 notification_unread(const char *user, int64_t *unread);
/* Marks one (or, with id 0, all) as read and notifies the user's other sockets by `notification-read`. *unread: how
 * many are left. E_NOT_FOUND. */
int	 notification_read(struct arena *mem, const char *user, int64_t id, int64_t *unread);
/* Deletes one. E_NOT_FOUND. */
int	 notification_delete(struct arena *mem, const char *user, int64_t id);

#endif
