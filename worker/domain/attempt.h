/* attempt.h -- attempts to log in: at most LOGIN_ATTEMPTS_MAX failures of an address before it is locked out, known or not.
 *
 * An attempt is counted before the password is checked, so that many at once get no more guesses than one after the other; beyond
 * the limit they wait for those under way. Who fails from one client for many addresses is blocked (guard.h).
 */
#ifndef DOMAIN_ATTEMPT_H
#define DOMAIN_ATTEMPT_H

#include <stdint.h>

struct attempt {
	const char	*email, *ip;
	int64_t		 number;	/* among the failures so far */
	int64_t		 retry_s;	/* of E_LOCKED */
};

/* Yields. 0; E_LOCKED; E_BUSY (too many at once); errors as redis_cmd: without Redis nobody may guess. */
int	 attempt_begin(struct attempt *a, const char *email, const char *ip);
/* The password was right: nothing is held against the address. Does not yield. */
void	 attempt_good(const struct attempt *a);
/* It was wrong. Yields. */
void	 attempt_bad(const struct attempt *a);
/* It was not checked. Does not yield. */
void	 attempt_drop(const struct attempt *a);

#endif
