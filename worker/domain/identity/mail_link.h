/* mail_link.h -- the link in a mail as text: "<row>.<mac>", signed for its kind with JWT_SECRET. Pure. */
#ifndef IDENTITY_MAIL_LINK_H
#define IDENTITY_MAIL_LINK_H

#include <stdbool.h>

#include "base/arena.h"

/* In `mem`. */
const char	*mail_link_make(struct arena *mem, const char *kind, const char *row);
/* The row of a link that one of the secrets signed for this kind, in `mem`; false: it is none. */
bool		 mail_link_read(struct arena *mem, const char *kind, const char *text, const char **row);

#endif
