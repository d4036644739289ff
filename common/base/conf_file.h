/* conf_file.h -- files of the configuration: whole texts, secrets that have a file of their own. */
#ifndef BASE_CONF_FILE_H
#define BASE_CONF_FILE_H

#include <stdbool.h>

#include "arena.h"

/* The text of the file, in `mem`; NULL with *why, a text without the path. `most` bytes at most. */
const char *conf_file_text(struct arena *mem, const char *path, size_t most, const char **why);
/* The secret that a file holds, without its last newline, in `mem`; NULL with *why. One that anybody may write is
 * refused; that everybody may read it is not: orchestrators mount secrets so. */
const char *conf_file_secret(struct arena *mem, const char *path, const char **why);
/* Whether a file that merely lies where it is looked for may be read: it belongs to root or to this user, and not
 * anybody may write it. */
bool	 conf_file_trusted(const char *path);
/* Whether everybody on the host may read it. */
bool	 conf_file_public(const char *path);

#endif
