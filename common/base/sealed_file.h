/* sealed_file.h -- a stream encrypted in pieces: XChaCha20-Poly1305 by libsodium's secretstream, so that a piece that
 * was altered, moved, repeated or cut off is noticed. For backups. Blocks: for commands, not for a loop.
 *
 * The format: the magic line, the stream's header, then pieces of 64 KiB, each with its tag; the last says that it is.
 */
#ifndef BASE_SEALED_FILE_H
#define BASE_SEALED_FILE_H

#include <stdbool.h>

/* Whether `keys` is empty or a comma-separated list of keys of 32 bytes, each in base64 or 64 hex digits. */
bool	 sealed_file_keys_valid(const char *keys);
/* Copy everything from descriptor `from` to `to`, encrypted with the first key; as it is without one. False with *why
 * (static) when reading or writing fails. */
bool	 sealed_file_write(int from, int to, const char *keys, const char **why);
/* The reverse, with whichever key fits; what was not encrypted is copied as it is. False with *why (static) also when
 * no key fits or the file was altered or cut off; part of it may have been written then. */
bool	 sealed_file_read(int from, int to, const char *keys, const char **why);

#endif
