/* account.h -- accounts, found by id or e-mail address, and their changes. The rules and SQL of `users`.
 *
 * A change of what an account may do revokes its access tokens at once (revoked.h). Its sessions survive, unless the
 * account is disabled, and get new tokens.
 */
#ifndef IDENTITY_ACCOUNT_H
#define IDENTITY_ACCOUNT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "tier.h"

/* Texts are in the arena of the call. */
struct account {
	const char	*id, *email, *role, *tier, *created_at, *password_hash;
	bool		 active;
};

#define ACCOUNT_ROLES "user|seller|admin"

/* All yield; errors as pg_query, and those named. Addresses are normalised ones (base/signup.h). */
/* E_EMAIL_TAKEN. Of concurrent registrations of one address only the first gets as far as hashing. */
int	 account_create(struct arena *mem, const char *email, const char *password, const char *role,
    const char *tier, struct account *out);
/* E_NOT_FOUND. */
int	 account_find(struct arena *mem, const char *id, struct account *out);
int	 account_find_email(struct arena *mem, const char *email, struct account *out);
/* Hashes and stores a password. Ending the sessions is up to the caller. */
int	 account_set_password(struct arena *mem, const char *id, const char *password);
/* Sets role, tier and whether the account may log in; NULL or -1 leaves one unchanged. Revokes its access tokens and
 * drops its keys from the caches. E_NOT_FOUND. */
int	 account_change(struct arena *mem, const char *id, const char *role, const char *tier, int active);
/* Rehashes the same password if the stored hash is still that of `a`; `a` then has the new one.
 * E_NOT_FOUND: the hash has changed. */
int	 account_renew_hash(struct arena *mem, struct account *a, const char *password);
/* Records a login. E_CREDENTIALS, E_INACTIVE: password or state have changed since `a` was read. */
int	 account_seen(const struct account *a);
/* Accounts as {id,email,role,tier,isActive,createdAt,lastLoginAt}, at most `limit` behind the address (of an
 * account without one, a space and its id) `after`, "" for the first page; *next is that to go on behind, NULL at the
 * end. */
int	 account_list(const char *after, int64_t limit, struct str *json, const char **next);
/* Those of them that have `text` in the address or as their id; reads on behind `after` until the page is full. */
int	 account_search(const char *text, const char *after, int64_t limit, struct str *json, const char **next);

#endif
