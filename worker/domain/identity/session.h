/* session.h -- logins that last: a refresh token that changes with every use, and the access tokens it is good for.
 *
 * A refresh token is "<user>.<session>.<turn>.<mac>", the mac by JWT_REFRESH_SECRET;
 * `user_session:{userId}:{sessionId}` holds the hash of the present one. Each turn's token follows from the one before,
 * so that a second tab that sends the old one again within REFRESH_GRACE_MS gets the same successor though nobody
 * stored it. A genuine token of an earlier turn was stolen or lost: its session ends. `user_session_info:…` has what
 * people want to see, `user_sessions:{userId}` lists a user's.
 */
#ifndef IDENTITY_SESSION_H
#define IDENTITY_SESSION_H

#include "account.h"

struct session_grant {
	const char	*id, *access, *refresh;	/* in the arena of the call */
	int64_t		 expires_in_s;		/* of the access token */
};

/* All yield; errors as redis_run and pg_query, and those named. */
int	 session_start(struct arena *mem, const struct account *a, const char *ip, const char *agent,
    struct session_grant *out);
/* E_REFRESH (malformed, unknown, ended, or used before), E_INACTIVE. */
int	 session_refresh(struct arena *mem, const char *refresh, const char *ip, const char *agent, struct account *a,
	    struct session_grant *out);
/* A name, in `mem`, for the live session of this user that the refresh token is now good for; NULL: none, or it cannot
 * be told. */
const char	*session_find(struct arena *mem, const char *refresh, const char *user);
/* End one, and its access tokens. E_NOT_FOUND when the user has no such session. */
int	 session_end(struct arena *mem, const char *user, const char *id);
/* End all but `keep` (NULL: none is kept); *n of them. */
int	 session_end_all(struct arena *mem, const char *user, const char *keep, int64_t *n);
/* [{id,createdAt,lastUsedAt,expiresAt,ip,userAgent,current}], the newest first. */
int	 session_list(struct arena *mem, const char *user, const char *current, struct str *json);

#endif
