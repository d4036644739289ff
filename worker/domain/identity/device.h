/* device.h -- remembered devices: whoever has logged in to an account here before, by a signed text that he keeps.
 *
 * "<user>.<issued>.<nonce>.<mac>", the mac over the account's password hash too: a new password forgets all devices. It
 * opens nothing; it only spares its holder the lockouts that others bring about (attempt.h). Nothing here yields.
 */
#ifndef IDENTITY_DEVICE_H
#define IDENTITY_DEVICE_H

#include "account.h"

/* A new one of this account, in `mem`: good for LOGIN_DEVICE_TTL. */
const char	*device_make(struct arena *mem, const struct account *a);
/* The name of the device with this text, in `mem`; NULL: the text is malformed, too old, forged, or not of this account
 * as it is now. */
const char	*device_find(struct arena *mem, const char *text, const struct account *a);

#endif
