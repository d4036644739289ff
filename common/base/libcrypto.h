/* libcrypto.h -- the door to OpenSSL's libcrypto, for the few files that need what libsodium has not. */
#ifndef BASE_LIBCRYPTO_H
#define BASE_LIBCRYPTO_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#endif
