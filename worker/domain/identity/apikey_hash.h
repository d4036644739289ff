/* apikey_hash.h -- the stored hash of an API key. Pure. */
#ifndef IDENTITY_APIKEY_HASH_H
#define IDENTITY_APIKEY_HASH_H

#include <stdbool.h>

#include "base/digest.h"

/* The hash under the first secret of API_KEY_SECRET (empty: one derived from JWT_SECRET), into `out`; returns `out`. */
const char	*apikey_hash(char out[DIGEST_TEXT_BYTES], const char *key);
/* The hash under the next secret at *at, which advances; false at the end. Begin with apikey_secrets(). */
bool		 apikey_next_hash(const char **at, char out[DIGEST_TEXT_BYTES], const char *key);
const char	*apikey_secrets(void);
/* The hash by which an older server stored it, in hex: SHA-256 of the key followed by the whole secret. */
enum { APIKEY_OLD_HASH_BYTES = 65 };
/* Under the next secret at *at, as apikey_next_hash. */
bool		 apikey_next_old_hash(const char **at, char out[APIKEY_OLD_HASH_BYTES], const char *key);

#endif
