/* credential.h -- who a socket is, by its access token, and until when: the token's end, or its revocation
 * (domain/identity/revoked.h).
 *
 * All credentials are found by their token's user, session and id, so a revocation costs what it ends, not a walk.
 */
#ifndef SESSION_CREDENTIAL_H
#define SESSION_CREDENTIAL_H

#include <stdint.h>

#include "base/hashtab.h"
#include "run/loop.h"
#include "worker/domain/identity/revoked.h"
#include "worker/domain/identity/token.h"

struct credential {
	struct loop_timer timer;
	struct hashtab_node nodes[REVOKED_KINDS];	/* by what may be revoked */
	int64_t		 expires_ms, issued_ms;	/* since 1970 */
	const char	*user, *role, *tier;
	const char	*sid, *jti;		/* NULL: none */
};
/* Begin to follow revocations; once a process. `on_revoked` is called with a credential's `arg` and must free the
 * credential. */
void		 credential_start(void (*on_revoked)(void *arg));
/* On the heap; `on_expired` is called with `arg` when the token's time is over. */
struct credential	*credential_new(const struct token *t, void (*on_expired)(struct loop_timer *), void *arg);
void		 credential_free(struct credential **p);

#endif
