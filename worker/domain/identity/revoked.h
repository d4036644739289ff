/* revoked.h -- revoked access tokens: single ones, those of a session, those of a user; and ended API keys.
 *
 * Every process that checks tokens holds the whole list: loaded from the sorted set `auth:revocations` (score: until
 * when the entry is needed), kept current by the channel `auth:revoked`. A check thus costs no round trip, and a
 * revocation applies everywhere within milliseconds. `token_blacklist:{jti}` is written too, for other services. A
 * member, and a message, is "<kind> <id> <cut>": kind is jti, sid, user or key; tokens issued at or before cut, ms
 * since 1970, are revoked.
 */
#ifndef IDENTITY_REVOKED_H
#define IDENTITY_REVOKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

enum revoked_kind { REVOKED_JTI, REVOKED_SID, REVOKED_USER, REVOKED_KEY, REVOKED_KINDS };

/* A revocation, as on_revoked receives it. */
struct revocation {
	enum revoked_kind kind;
	const char	*id;
	int64_t		 cut_ms;
};

/* Begins to follow the list; once a process, after the loop was made. `on_revoked` (may be NULL) is called for each
 * new revocation, this process's own included; it must not yield. */
void	 revoked_start(void (*on_revoked)(const struct revocation *r));
/* Whether the list is loaded. Until then (Redis was never reached) no token can be trusted. */
bool	 revoked_known(void);
/* Waits until it is loaded, at most REDIS_TIMEOUT_MS. Yields. 0 or E_DOWN. */
int	 revoked_wait(void);
/* Whether the token is revoked, by its id, session or user; NULL parts are not checked. Does not yield. */
bool	 revoked_has(const char *jti, const char *sid, const char *user, int64_t issued_ms);
/* Whether the API key with this hash has ended. Does not yield. */
bool	 revoked_has_key(const char *hash);

/* Revoke, here at once and everywhere by message. All yield; errors as redis_run: then only this process knows. */
int	 revoke_token(struct arena *mem, const char *jti, int64_t exp_s);	/* needed until it expires */
int	 revoke_session(struct arena *mem, const char *sid);
int	 revoke_user(struct arena *mem, const char *user);			/* all tokens issued until now */
/* Ends an API key, by its hash. */
int	 revoke_key(struct arena *mem, const char *hash);

#endif
