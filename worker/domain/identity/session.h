/* session.h -- sessions: a refresh token that rotates with every use, and the access tokens issued for it.
 *
 * A refresh token is "<user>.<session>.<turn>.<mac>", signed with JWT_REFRESH_SECRET;
 * `user_session:{userId}:{sessionId}` holds the hash of the current one. Each turn's token is derived from its
 * predecessor: a second tab that presents the old one within REFRESH_GRACE_MS gets the same successor, which is stored
 * nowhere. A genuine token of an earlier turn was stolen or lost: its session ends. `user_session_info:…` holds what
 * session_list shows, `user_sessions:{userId}` lists a user's sessions.
 */
#ifndef IDENTITY_SESSION_H
#define IDENTITY_SESSION_H

#include "account.h"

struct session_grant {
	const char	*id, *access, *refresh;	/* in the arena of the call */
	int64_t		 expires_in_s;		/* seconds, of the access token */
};

/* All yield; errors as redis_run and pg_query, and those named. */
int	 session_start(struct arena *mem, const struct account *a, const char *ip, const char *agent,
    struct session_grant *out);
/* E_REFRESH (malformed, unknown, ended, or used before), E_INACTIVE. */
int	 session_refresh(struct arena *mem, const char *refresh, const char *ip, const char *agent, struct account *a,
    struct session_grant *out);
/* A name for the user's live session that this refresh token is currently valid for, in `mem`; NULL: there is none, or
 * Redis did not answer. */
const char	*session_find(struct arena *mem, const char *refresh, const char *user);
/* Ends one session and revokes its access tokens. E_NOT_FOUND when the user has no such session. */
int	 session_end(struct arena *mem, const char *user, const char *id);
/* Ends all but `keep` (NULL: none is kept); *n of them. */
int	 session_end_all(struct arena *mem, const char *user, const char *keep, int64_t *n);
/* [{id,createdAt,lastUsedAt,expiresAt,ip,userAgent,current}], newest first, in `mem`. */
int	 session_list(struct arena *mem, const char *user, const char *current, struct str *json);

#endif
