/* chat.h -- the chat beside a stream: permissions, messages, history, moderation.
 *
 * A message is acknowledged after PostgreSQL has committed it and it was published to the room chat:{streamKey}: an
 * acknowledged message cannot be lost. Messages of a process that arrive while a statement is in flight are stored
 * together by the next one. The same statement checks for mutes and bans, so a sanction applies from its commit on.
 * Rate limits (CHAT_RATE_MAX, slow mode) are kept in Redis. Functions that yield say so; errors as pg_query and
 * redis_cmd, and those named.
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

/* --- Posting --- */

/* Loads the list of unwanted words, once a process. An unreadable list is logged and ignored. */
void	 chat_text_start(void);
/* The text as it will be shown, in `mem`: without invisible characters and outer spaces, unwanted words masked
 * (CHAT_PROFANITY). `keeper`: the author moderates. E_VALIDATION (empty, or longer than CHAT_MESSAGE_MAX),
 * E_CHAT_LINK, E_CHAT_WORD. Does not yield. */
int	 chat_text(struct arena *mem, const char *text, bool keeper, struct str *out);

/* Checks the rate limits for one message and counts it. *keeper: the user moderates this chat (seller, moderator,
 * admin). Yields. E_RATE and E_SLOW_MODE with the seconds to wait in *wait_s. */
int	 chat_allow(const char *key, const struct caller *who, bool *keeper, int64_t *wait_s);

struct chat_post {
	const char	*key, *client_id;	/* client_id: the client's id for deduplication, or NULL */
	struct caller who;
	struct str	 body;
};
/* Stores a message and publishes it to the room; *doc is
 * {id,streamKey,userId,userName,role,message,createdAt,clientMessageId?}. A known client_id returns the stored
 * message. Yields. E_NOT_FOUND, E_STREAM_ENDED, E_BANNED, E_MUTED (with *wait_s; 0: for ever). */
int	 chat_post(struct arena *mem, const struct chat_post *p, struct str *doc, int64_t *wait_s);

/* Waits until all queued messages are stored and published, before a process ends. Yields. */
void	 chat_flush(void);

/* --- Reading --- */

struct chat_access {
	const char	*status, *role;		/* of the stream; of the user in it: user, moderator, seller, admin */
	int64_t		 slow_mode_s;
	int64_t		 wait_s;		/* seconds, with E_BANNED; 0: for ever */
};
/* Whether the user may enter the chat. Yields. E_NOT_FOUND, E_BANNED. */
int	 chat_access(const char *key, const struct caller *who, struct chat_access *out);
/* Filters `n` people to those who are currently banned, moved to the front; *n is their number. New texts are in
 * `mem`. Yields. Errors as pg_query. */
struct chat_person { const char *key, *user; };
int	 chat_banned(struct arena *mem, struct chat_person *people, size_t *n);
/* The latest CHAT_HISTORY messages, oldest first, and the ids of those from the last minute, which may still be
 * published to the room. In `mem`. Yields. */
int	 chat_recent(struct arena *mem, const char *key, struct str *list, const struct json **young);
/* A page of history for this user, newest first. Yields. E_NOT_FOUND, E_VALIDATION (cursor), E_BANNED. */
int	 chat_history(struct arena *mem, const char *key, const struct caller *who, int64_t limit, const char *cursor,
    struct str *list, const char **next);
/* A user's display name, as in messages. Yields. */
int	 chat_name(const char *user, const char **name);

/* --- Moderation: for the stream's seller, its moderators and admins; else E_FORBIDDEN --- */

/* Deletes a message and publishes chat:message-deleted to the room. Yields. E_NOT_FOUND. */
int	 chat_delete(struct arena *mem, const char *key, const struct caller *who, const char *id);
struct chat_sanction {
	const char	*user, *kind;		/* mute, ban */
	const char	*reason;		/* or NULL */
	int64_t		 seconds;		/* 0: for ever */
};
/* Mutes or bans a user; a banned user is removed from the chat at once. Only the seller and admins may sanction a
 * moderator; the seller cannot be sanctioned. Yields. E_NOT_FOUND. */
int	 chat_sanction(struct arena *mem, const char *key, const struct caller *who, const struct chat_sanction *s,
    struct str *doc);
/* Lifts a sanction. Yields. E_NOT_FOUND: none is in force. */
int	 chat_lift(struct arena *mem, const char *key, const struct caller *who, const char *user, const char *kind);
/* The sanctions in force: [{userId,kind,until,reason,createdBy,createdAt}]. Yields. */
int	 chat_sanctions(struct arena *mem, const char *key, const struct caller *who, struct str *list);
/* Sets the seconds between two messages of one user; 0: off. Yields. */
int	 chat_slow(struct arena *mem, const char *key, const struct caller *who, int64_t seconds);

/* Lists, adds and removes moderators; only the seller and admins may. All yield. E_NOT_FOUND, E_CONFLICT (is one
 * already). */
int	 chat_moderators(struct arena *mem, const char *key, const struct caller *who, struct str *list);
int	 chat_moderator_add(struct arena *mem, const char *key, const struct caller *who, const char *user);
int	 chat_moderator_drop(struct arena *mem, const char *key, const struct caller *who, const char *user);

/* The control event about one person for fanout processes: {"streamKey","userId","kind","until","reason"}; kind may
 * also be "unmute". */
#define CHAT_PERSON_EVENT "!person"

/* Invalidates the rules of this chat cached in Redis, after a change. Does not yield. */
void	 chat_rules_changed(const char *key);

#endif
