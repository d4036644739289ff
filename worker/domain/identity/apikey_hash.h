/* apikey_hash.h -- what is stored of an API key. Pure. */
#ifndef IDENTITY_APIKEY_HASH_H
#define IDENTITY_APIKEY_HASH_H

#include <stdbool.h>

#include "base/digest.h"

/* The hash by the first secret of API_KEY_SECRET (empty: one that follows from JWT_SECRET); returns `out`. */
const char	*apikey_hash(char out[DIGEST_TEXT_BYTES], const char *key);
/* The hash by the next secret at *at, which moves on; false at the end. Start with apikey_secrets(). */
bool		 apikey_next_hash(const char **at, char out[DIGEST_TEXT_BYTES], const char *key);
const char	*apikey_secrets(void);

#endif
