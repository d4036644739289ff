/* apikey.h -- API keys: for programs that act for a user. The rules and SQL of `api_keys`.
 *
 * A key is 32 random bytes in base64url, shown once; its hash, keyed by API_KEY_SECRET, is stored. Rows of an older
 * server, with the hex SHA-256 of key and secret, are taken too and rehashed at the first use. Each process caches
 * keys for a minute and drops one at once when it is changed (revoked.h). `apikey:{hash}` in Redis spares the other
 * processes the query; `user:{userId}:apikeys` lists a user's hashes. Uses are counted in the process and written
 * every few seconds.
 */
#ifndef IDENTITY_APIKEY_H
#define IDENTITY_APIKEY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "revoked.h"

/* The user that a key acts for; texts in the arena of the call. */
struct apikey {
	const char	*id, *user, *role, *tier;
};
/* Looks the key up in this process's cache and counts its use. False: not cached, call apikey_check. Does not yield. */
bool	 apikey_recall(struct arena *mem, const char *key, struct apikey *out);
/* Checks a key in Redis and the database and counts its use. Yields. 0, E_API_KEY, errors as redis_cmd and pg_query. */
int	 apikey_check(struct arena *mem, const char *key, struct apikey *out);

/* A user's keys, as JSON objects {id,name,tier,hint,requestCount,lastUsedAt,rotatedAt,createdAt}; a new key also has
 * its `key`. All yield; errors as pg_query, and those named. */
/* `tier` NULL: the user's tier, which is also the highest allowed. E_FORBIDDEN (a higher tier), E_CONFLICT
 * (API_KEYS_MAX). */
int	 apikey_create(struct arena *mem, const char *user, const char *name, const char *tier, struct str *json);
int	 apikey_list(struct arena *mem, const char *user, struct str *json);
/* Replaces a key by a new one; the old key ends. E_NOT_FOUND. */
int	 apikey_rotate(struct arena *mem, const char *user, const char *id, struct str *json);
int	 apikey_delete(struct arena *mem, const char *user, const char *id);

/* For operators, of all users: the same with {"userId","email"}, the newest first; `user`, `cursor` NULL: of all, from
 * the beginning. E_VALIDATION: a malformed cursor. The user of a key, in the coroutine's arena: E_NOT_FOUND. */
int	 apikey_page(const char *user, const char *cursor, int64_t limit, struct str *json, const char **next);
int	 apikey_owner(const char *id, const char **user);

/* The user's account changed: drops its keys from all caches. Yields. Errors as redis_run. */
int	 apikey_forget_user(const char *user);
/* Drops a revoked key, or a user's keys, from this process's cache. Does not yield. */
void	 apikey_on_revoked(const struct revocation *r);
/* apikey_start begins the periodic writes, once a process; apikey_flush writes the uses counted so far (before the
 * process ends), and yields. */
void	 apikey_start(void);
int	 apikey_flush(void);

#endif
