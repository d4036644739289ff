/* profile.h -- a user's own profile: display name and language. As JSON with the account:
 * {id,email,role,tier,displayName, locale,isActive,createdAt}. */
#ifndef IDENTITY_PROFILE_H
#define IDENTITY_PROFILE_H

#include "worker/domain/core/caller.h"

enum { PROFILE_NAME_MAX = 80 };
#define PROFILE_LOCALES "ko|en"

/* Both yield. E_NOT_FOUND (no account here), else as pg_query. */
int	 profile_read(const struct caller *who, struct str *json);
/* `fields`: a JSON object of displayName (null: none) and locale; a missing member stays unchanged. */
int	 profile_change(const struct caller *who, struct str fields, struct str *json);

#endif
