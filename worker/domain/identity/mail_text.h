/* mail_text.h -- what the mails about accounts say, in Korean and English. Pure. */
#ifndef IDENTITY_MAIL_TEXT_H
#define IDENTITY_MAIL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* RESET: a link that resets the password. VERIFY: a link that makes the account. TAKEN: somebody tried to register an
 * address that has an account. */
enum mail_kind { MAIL_RESET, MAIL_VERIFY, MAIL_TAKEN };

const char	*mail_subject(enum mail_kind kind, bool english);
/* In `mem`. `link` is the whole address, or for TAKEN that of the page that resets a password; `minutes` its life. */
const char	*mail_body(struct arena *mem, enum mail_kind kind, bool english, const char *link, int64_t minutes);

#endif
