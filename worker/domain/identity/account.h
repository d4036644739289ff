/* account.h -- accounts: who there is, by id or e-mail address, and how they change. The rules and SQL of `users`.
 *
 * Changing what an account may do ends its access tokens at once (revoked.h); its sessions live on where the account
 * does and get new ones.
 */
#ifndef IDENTITY_ACCOUNT_H
#define IDENTITY_ACCOUNT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "tier.h"

/* Texts in the arena of the call. */
struct account {
	const char	*id, *email, *role, *tier, *created_at, *password_hash;
	bool		 active;
};

#define ACCOUNT_ROLES "user|seller|admin"

/* Yield; errors as pg_query, and those named. Addresses are normal ones (base/signup.h). */
/* E_EMAIL_TAKEN. Of several at once for one address only the first goes so far as to hash. */
int	 account_create(struct arena *mem, const char *email, const char *password, const char *role, const char *tier,
	    struct account *out);
/* E_NOT_FOUND. */
int	 account_find(struct arena *mem, const char *id, struct account *out);
int	 account_find_email(struct arena *mem, const char *email, struct account *out);
/* Hash and store; sessions are the caller's affair. */
int	 account_set_password(struct arena *mem, const char *id, const char *password);
/* A role, a tier, whether it may log in: NULL or -1 leaves it. E_NOT_FOUND. Its access tokens and cached keys end. */
int	 account_change(struct arena *mem, const char *id, const char *role, const char *tier, int active);
/* The same password hashed anew, if the hash is still that of `a`, which then has the new one. E_NOT_FOUND: it is not,
 * any more. */
int	 account_renew_hash(struct arena *mem, struct account *a, const char *password);
/* It has logged in now. E_CREDENTIALS, E_INACTIVE: its password or state has changed since `a` was read. */
int	 account_seen(const struct account *a);
/* All as {id,email,role,tier,isActive,createdAt,lastLoginAt}, at most `limit` behind the address `after` ("" for the
 * first). */
int	 account_list(const char *after, int64_t limit, struct str *json, const char **next);

#endif
