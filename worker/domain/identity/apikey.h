/* apikey.h -- API keys: for programs that act for a user. The rules and SQL of `api_keys`.
 *
 * A key is 32 random bytes in base64url, shown once; stored is its hash, keyed by API_KEY_SECRET. A process remembers
 * the keys it saw for a minute and forgets one at once when it is changed (revoked.h); `apikey:{hash}` in Redis saves
 * the others the database, `user:{userId}:apikeys` lists a user's hashes. Uses are counted in the process and written
 * every few seconds.
 */
#ifndef IDENTITY_APIKEY_H
#define IDENTITY_APIKEY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "revoked.h"

/* Whom a key speaks for; texts in the arena of the call. */
struct apikey {
	const char	*id, *user, *role, *tier;
};
/* A key that this process has seen lately and heard nothing against: counts its use. False: it must be checked. Does
 * not yield. */
bool	 apikey_recall(struct arena *mem, const char *key, struct apikey *out);
/* Check any other and count its use. Yields. 0, E_API_KEY, errors as redis_cmd and pg_query. */
int	 apikey_check(struct arena *mem, const char *key, struct apikey *out);

/* Keys of a user, as JSON objects {id,name,tier,hint,requestCount,lastUsedAt,rotatedAt,createdAt}; a new key has its
 * `key` too. Yield; errors as pg_query, and: */
/* `tier` NULL: the user's, which is also the highest. E_FORBIDDEN (a higher tier), E_CONFLICT (API_KEYS_MAX). */
int	 apikey_create(struct arena *mem, const char *user, const char *name, const char *tier, struct str *json);
int	 apikey_list(struct arena *mem, const char *user, struct str *json);
/* The old key ends, a new one takes its place. E_NOT_FOUND. */
int	 apikey_rotate(struct arena *mem, const char *user, const char *id, struct str *json);
int	 apikey_delete(struct arena *mem, const char *user, const char *id);

/* The user's account changed: what is remembered of its keys is asked for anew. Yields. Errors as redis_run. */
int	 apikey_forget_user(const char *user);
/* What this process remembers of a revoked key, or of a user's keys, goes. Does not yield. */
void	 apikey_on_revoked(const struct revocation *r);
/* Begin to write uses; once a process. Write those counted so far (before it ends): yields. */
void	 apikey_start(void);
int	 apikey_flush(void);

#endif
