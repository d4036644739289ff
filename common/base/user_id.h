/* user_id.h -- what can be a user's id: Dure gives out UUIDs; other issuers of tokens have ids of their own. Pure. */
#ifndef BASE_USER_ID_H
#define BASE_USER_ID_H

#include <stdbool.h>

enum { USER_ID_BYTES_MAX = 64 };

/* Whether rows may belong to it: 1 to USER_ID_BYTES_MAX bytes of UTF-8 without control characters. */
bool	 user_id_valid(const char *id);

#endif
