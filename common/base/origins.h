/* origins.h -- a list of web origins as the configuration names them: "https://cdn.example,https://a.example:8443".
 * Pure.
 *
 * An origin is a scheme (http or https), a host or, behind "*.", all below a domain, and perhaps a port; it has no
 * path. Whatever is valid here may stand in a Content-Security-Policy as it is.
 */
#ifndef BASE_ORIGINS_H
#define BASE_ORIGINS_H

#include <stdbool.h>

#include "str.h"

/* The next origin at *at, which moves on, without the spaces around it; false at the end. Start with the setting. Not
 * yet judged. */
bool	 origins_next(const char **at, struct str *origin);
bool	 origin_valid(struct str origin);

#endif
