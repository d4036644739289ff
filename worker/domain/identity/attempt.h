/* attempt.h -- limits login attempts. A client that fails LOGIN_ATTEMPTS_MAX times for an e-mail address is locked out
 * of it; after LOGIN_ATTEMPTS_EMAIL_MAX failures by all clients, every client is that is not known to the account.
 * Both hold whether the account exists or not.
 *
 * An attempt is counted before its password is checked, so that parallel attempts get no more guesses than sequential
 * ones; those over the limit wait for the ones in flight. A client that fails for many addresses is blocked (guard.h).
 * `login_attempts:{email}` counts the failures, `login_attempts_from:{email}` those of each client. `lockout:{email}`
 * holds who is locked out until when, as "client=ms client=ms" with "*" for all, and expires with the last; any other
 * text in it locks all out.
 */
#ifndef IDENTITY_ATTEMPT_H
#define IDENTITY_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "guard.h"

struct attempt {
	const char	*email, *ip;
	const char	*client;	/* the key it is counted under: `known`, or `address` */
	bool		 known;
	int64_t		 number;	/* this client's failures so far */
	int64_t		 total;		/* all failures for the e-mail address */
	int64_t		 retry_s;	/* seconds, with E_LOCKED */
	char		 address[GUARD_CLIENT_BYTES];
};

/* Begins an attempt. `known`: the name of a session or device of the account, without spaces; NULL: a stranger. All
 * texts are borrowed until the attempt ends. Yields. 0; E_LOCKED; E_BUSY (too many at once); errors as redis_cmd:
 * without Redis no attempt is allowed. */
int	 attempt_begin(struct attempt *a, const char *email, const char *ip, const char *known);
/* The password was right: clears the client's failures. Does not yield. */
void	 attempt_good(const struct attempt *a);
/* The password was wrong: the failure stays counted. Yields. */
void	 attempt_bad(const struct attempt *a);
/* The password was not checked: takes the count back. Does not yield. */
void	 attempt_drop(const struct attempt *a);

#endif
