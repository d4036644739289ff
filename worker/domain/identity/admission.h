/* admission.h -- lets the bearer of an access token in, on HTTP and on sockets: bearer.h, and for a token of another
 * issuer (issuer.h) the keys it may have to wait for and the row of its user.
 */
#ifndef IDENTITY_ADMISSION_H
#define IDENTITY_ADMISSION_H

#include "bearer.h"

/* Begins what this needs besides revoked_start; once a process, after the loop was made. */
void	 admission_start(void);
/* As bearer_verify. Yields for a token of another issuer only: for its keys, when it names one that is not known, and
 * for its user, when this process has not cached the user. Besides: E_DOWN (the issuer's keys, or the database, are out
 * of reach), E_BUSY, E_INACTIVE, E_TIMEOUT, E_CANCELED, errors as pg_query. */
int	 admission_verify(struct arena *mem, const char *text, struct token *out);

#endif
