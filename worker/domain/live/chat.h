/* chat.h -- what people say beside a stream: who may say what, how it is kept, who keeps order.
 *
 * A message is told in the room chat:{streamKey}, then acknowledged, when PostgreSQL has committed it: what was
 * acknowledged cannot be lost, whatever is killed. Messages of a process that come while a statement is under way are
 * stored by the next one together. The same statement looks whether the sender is muted or banned, so a sanction counts
 * from the moment it is committed. How often somebody may speak (CHAT_RATE_MAX, slow mode) is kept in Redis. All that
 * yields says so; errors as pg_query and redis_cmd, and those named.
 */
#ifndef LIVE_CHAT_H
#define LIVE_CHAT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "link/pg.h"
#include "stream.h"

enum { CHAT_ID_MAX = 64, CHAT_REASON_MAX = 200, CHAT_SANCTION_S_MAX = 31536000 };

const char *chat_room(struct arena *mem, const char *key);

/* --- Saying something --- */

/* Load the list of unwanted words; once a process. A list that cannot be read is logged and there is none. */
void	 chat_text_start(void);
/* The text as it will be shown: without invisible characters, spaces at its ends and, where the list says so, unwanted
 * words. `keeper`: of someone who keeps order. E_VALIDATION (nothing left, or longer than CHAT_MESSAGE_MAX),
 * E_CHAT_LINK, E_CHAT_WORD. */
int	 chat_text(struct arena *mem, const char *text, bool keeper, struct str *out);

/* Whether this user may speak now, which is counted. *keeper: he keeps order here (seller, moderator, admin). Yields.
 * E_RATE and E_SLOW_MODE with the seconds to wait in *wait_s. */
int	 chat_allow(const char *key, const struct caller *who, bool *keeper, int64_t *wait_s);

struct chat_post {
	const char	*key, *client_id;	/* client_id: the sender's own name for it, or NULL */
	struct caller who;
	struct str	 body;
};
/* Store it and tell the room; then *doc is {id,streamKey,userId,userName,role,message,createdAt,clientMessageId?}. One
 * with a known client_id is not stored again. Yields. E_NOT_FOUND, E_STREAM_ENDED, E_BANNED, E_MUTED (with *wait_s, 0:
 * for ever). */
int	 chat_post(struct arena *mem, const struct chat_post *p, struct str *doc, int64_t *wait_s);

/* Yields until everything that was posted is stored and told (before a process ends). */
void	 chat_flush(void);

/* --- Reading --- */

struct chat_access {
	const char	*status, *role;		/* of the stream; of the user in it: user, moderator, seller, admin */
	int64_t		 slow_mode_s;
	int64_t		 wait_s;		/* of E_BANNED; 0: for ever */
};
/* Whether the user may come in. Yields. E_NOT_FOUND, E_BANNED. */
int	 chat_access(const char *key, const struct caller *who, struct chat_access *out);
/* Those of `n` people who are banned from their chat now come to the front; *n. New names in `mem`. Yields. Errors as
 * pg_query. */
struct chat_person { const char *key, *user; };
int	 chat_banned(struct arena *mem, struct chat_person *people, size_t *n);
/* The last CHAT_HISTORY messages, oldest first, and the ids of those of the last minute: the room may still be told of
 * them. Yields. */
int	 chat_recent(struct arena *mem, const char *key, struct str *list, const struct json **young);
/* A page for this user, newest first. Yields. E_NOT_FOUND, E_VALIDATION (cursor), E_BANNED. */
int	 chat_history(struct arena *mem, const char *key, const struct caller *who, int64_t limit, const char *cursor,
    struct str *list, const char **next);
/* What somebody is called, as in messages. Yields. */
int	 chat_name(const char *user, const char **name);

/* --- Keeping order: for the stream's seller, its moderators and admins; else E_FORBIDDEN --- */

/* Take a message away; the room is told chat:message-deleted. Yields. E_NOT_FOUND. */
int	 chat_delete(struct arena *mem, const char *key, const struct caller *who, const char *id);
struct chat_sanction {
	const char	*user, *kind;		/* mute, ban */
	const char	*reason;		/* or NULL */
	int64_t		 seconds;		/* 0: for ever */
};
/* Mute or ban; who is banned leaves the chat at once. Only seller and admins may do so to a moderator, nobody to the
 * seller. Yields. */
int	 chat_sanction(struct arena *mem, const char *key, const struct caller *who, const struct chat_sanction *s,
    struct str *doc);
/* E_NOT_FOUND: there is none in force. Yields. */
int	 chat_lift(struct arena *mem, const char *key, const struct caller *who, const char *user, const char *kind);
/* What is in force: [{userId,kind,until,reason,createdBy,createdAt}]. Yields. */
int	 chat_sanctions(struct arena *mem, const char *key, const struct caller *who, struct str *list);
/* Set the seconds between two messages of one user; 0: off. Yields. */
int	 chat_slow(struct arena *mem, const char *key, const struct caller *who, int64_t seconds);

/* Moderators are named by the seller or an admin. Yield. E_NOT_FOUND, E_CONFLICT (is one already). */
int	 chat_moderators(struct arena *mem, const char *key, const struct caller *who, struct str *list);
int	 chat_moderator_add(struct arena *mem, const char *key, const struct caller *who, const char *user);
int	 chat_moderator_drop(struct arena *mem, const char *key, const struct caller *who, const char *user);

/* What fanout processes are told of one person: {"streamKey","userId","kind","until","reason"}; kind also "unmute". */
#define CHAT_PERSON_EVENT "!person"

/* Forget what Redis holds of the rules of this chat, after they were changed. Does not yield. */
void	 chat_rules_changed(const char *key);

#endif
