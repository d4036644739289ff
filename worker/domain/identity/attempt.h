/* attempt.h -- attempts to log in: at most LOGIN_ATTEMPTS_MAX failures of an e-mail address by one client before that
 * client is locked out of it, and at most LOGIN_ATTEMPTS_EMAIL_MAX by all before everybody is but those who are known;
 * whether there is such an account or not.
 *
 * An attempt is counted before the password is checked, so that many at once get no more guesses than one after the
 * other; beyond the limit they wait for those under way. Who fails from one client for many addresses is blocked
 * (guard.h). `login_attempts:{email}` counts the failures, `login_attempts_from:{email}` each client's;
 * `lockout:{email}` has who is locked out until when, as "client=ms client=ms", "*" for all, and lives as long as the
 * last; any other text in it locks everybody out.
 */
#ifndef IDENTITY_ATTEMPT_H
#define IDENTITY_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "guard.h"

struct attempt {
	const char	*email, *ip;
	const char	*client;	/* by which it is counted: `known`, or `address` */
	bool		 known;
	int64_t		 number;	/* among the client's failures so far */
	int64_t		 total;		/* among those of the e-mail address */
	int64_t		 retry_s;	/* of E_LOCKED */
	char		 address[GUARD_CLIENT_BYTES];
};

/* `known`: the name of a session or device that belongs to the account, without spaces; NULL: a stranger. All texts are
 * borrowed until the attempt is over. Yields. 0; E_LOCKED; E_BUSY (too many at once); errors as redis_cmd: without
 * Redis nobody may guess. */
int	 attempt_begin(struct attempt *a, const char *email, const char *ip, const char *known);
/* The password was right: nothing is held against this client. Does not yield. */
void	 attempt_good(const struct attempt *a);
/* It was wrong. Yields. */
void	 attempt_bad(const struct attempt *a);
/* It was not checked. Does not yield. */
void	 attempt_drop(const struct attempt *a);

#endif
