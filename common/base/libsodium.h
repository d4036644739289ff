/* libsodium.h -- the door to libsodium, for the few files that hash, sign or encrypt. */
#ifndef BASE_LIBSODIUM_H
#define BASE_LIBSODIUM_H

#include <sodium.h>

#endif
