/* refresh.h -- refresh tokens as text: "<user>.<session>.<turn>.<mac>". Nothing here yields. */
#ifndef IDENTITY_REFRESH_H
#define IDENTITY_REFRESH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"

struct refresh {
	const char	*user, *session;
	int64_t		 turn;		/* 1 at login, one more with every refresh */
};
/* The token as text, in `mem`, signed with the first secret of JWT_REFRESH_SECRET (empty: one derived from
 * JWT_SECRET). */
const char	*refresh_make(struct arena *mem, const struct refresh *f);
/* Splits a token and checks its mac with each of the secrets; texts in `mem`. 0 or E_REFRESH. */
int		 refresh_parse(struct arena *mem, const char *text, struct refresh *out);
/* The hash that is stored of a token, into `out`; returns `out`. */
const char	*refresh_hash(char out[DIGEST_TEXT_BYTES], const char *text);

#endif
