/* refresh.h -- refresh tokens as text: "<user>.<session>.<turn>.<mac>". Nothing here yields. */
#ifndef IDENTITY_REFRESH_H
#define IDENTITY_REFRESH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"

struct refresh {
	const char	*user, *session;
	int64_t		 turn;		/* 1 at login */
};
/* The token, in `mem`: signed with the first secret of JWT_REFRESH_SECRET (empty: one that follows from JWT_SECRET). */
const char	*refresh_make(struct arena *mem, const struct refresh *f);
/* Take a token apart and check its mac with each of the secrets; texts in `mem`. 0 or E_REFRESH. */
int		 refresh_parse(struct arena *mem, const char *text, struct refresh *out);
/* What is stored of a token; returns `out`. */
const char	*refresh_hash(char out[DIGEST_TEXT_BYTES], const char *text);

#endif
