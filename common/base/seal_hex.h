/* seal_hex.h -- opens values that another server has encrypted in the form `iv:tag:ciphertext`, in hex: AES-256-GCM
 * with an IV of 16 bytes and no associated data. Nothing is sealed in this form. Pure.
 */
#ifndef BASE_SEAL_HEX_H
#define BASE_SEAL_HEX_H

#include <stdbool.h>

#include "arena.h"
#include "str.h"

enum { SEAL_HEX_KEY_BYTES = 32 };

/* Whether the text has this form. */
bool	 seal_hex_is(struct str text);
/* Opens it, in `mem`, NUL-terminated. False: another form, or not sealed with this key. */
bool	 seal_hex_open(struct arena *mem, const unsigned char key[SEAL_HEX_KEY_BYTES], struct str sealed,
    struct str *plain);

#endif
