/* mask.h -- masks secrets in logs, alerts and stored details: values of secret names, and secrets inside texts. */
#ifndef BASE_MASK_H
#define BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* Whether a field of this name holds a secret: password, token, api_key, credit_card, ssn, cookie … in any case, with
 * or without _ or -, alone or as part of the name ("newPassword"). */
bool	 mask_name(const char *name, size_t n);
/* Append `n` bytes of text with *** in place of each secret: values behind secret names (name=value, "name":"value",
 * name: value), Bearer and Basic credentials, JWTs, and passwords in URLs. */
void	 mask_text(struct buf *out, const char *p, size_t n);
/* Whether mask_text would change something. */
bool	 mask_needed(const char *p, size_t n);

#endif
