/* session_name.h -- unguessable names of sessions and sockets, and of the secrets that recover them. Nothing here
 * yields. */
#ifndef CONN_SESSION_NAME_H
#define CONN_SESSION_NAME_H

enum { NAME_RANDOM_BYTES = 15, NAME_BYTES = NAME_RANDOM_BYTES / 3 * 4 + 1 };

/* 15 random bytes in base64url, and a NUL. */
void	 session_name_make(char out[NAME_BYTES]);

#endif
