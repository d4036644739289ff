/* revoked.h -- which access tokens count no more before their time: single ones, those of a session, those of a user.
 *
 * Every process that checks tokens holds the list: loaded at its start from the sorted set `auth:revocations` (score:
 * until when the entry is needed), kept current by the channel `auth:revoked`. So a check costs no round trip, and a
 * revocation counts everywhere within milliseconds. `token_blacklist:{jti}` is written too, for other services. A
 * member, and a message, is "<kind> <id> <cut>": kind jti, sid, user or key; cut is a time, ms since 1970, at or before
 * which the token was issued.
 */
#ifndef IDENTITY_REVOKED_H
#define IDENTITY_REVOKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum revoked_kind { REVOKED_JTI, REVOKED_SID, REVOKED_USER, REVOKED_KEY, REVOKED_KINDS };

/* One revocation as a listener sees it. */
struct revocation {
	enum revoked_kind kind;
	const char	*id;
	int64_t		 cut_ms;
};

/* Begin to follow; once a process, after the loop was made. `on_revoked` (may be NULL) is told of each new one, this
 * process's own too, from a callback that must not yield. */
void	 revoked_start(void (*on_revoked)(const struct revocation *r));
/* Whether the list is known; until then (Redis was never reached) no token can be trusted. */
bool	 revoked_known(void);
/* Yields until it is known or REDIS_TIMEOUT_MS is over. 0 or E_DOWN. */
int	 revoked_wait(void);
/* Whether this token counts no more. NULL parts are passed over. Does not yield. */
bool	 revoked_has(const char *jti, const char *sid, const char *user, int64_t issued_ms);
/* Whether the API key of this hash has ended. */
bool	 revoked_has_key(const char *hash);

/* Revoke, here at once and everywhere. Yield; errors as redis_run, after which only this process knows. */
int	 revoke_token(struct arena *mem, const char *jti, int64_t exp_s);	/* until its end */
int	 revoke_session(struct arena *mem, const char *sid);
int	 revoke_user(struct arena *mem, const char *user);			/* all tokens issued until now */
/* An API key, by its hash, has ended. */
int	 revoke_key(struct arena *mem, const char *hash);

#endif
