/* device.h -- remembered devices: a signed text by which a client shows that it has logged in to an account before.
 *
 * "<user>.<issued>.<nonce>.<mac>"; the mac covers the account's password hash too, so a new password invalidates all
 * devices. It grants no access; it only exempts its holder from lockouts that others cause (attempt.h). Nothing here
 * yields.
 */
#ifndef IDENTITY_DEVICE_H
#define IDENTITY_DEVICE_H

#include "account.h"

/* A new one for this account, in `mem`, valid for LOGIN_DEVICE_TTL. */
const char	*device_make(struct arena *mem, const struct account *a);
/* The name of the device with this text, in `mem`; NULL: the text is malformed, expired or forged, or the account's
 * password has changed. */
const char	*device_find(struct arena *mem, const char *text, const struct account *a);

#endif
