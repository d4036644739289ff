/* fdpass.h -- descriptors over a Unix socket (SCM_RIGHTS). */
#ifndef PROC_FDPASS_H
#define PROC_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

enum { FDPASS_MAX = 16 };

/* Send `n` bytes (at least 1) with up to FDPASS_MAX descriptors in one sendmsg; they leave with the first byte. Bytes
 * sent, or -1 with errno; the descriptors stay ours. */
ssize_t	 fdpass_send(int sock, const void *p, size_t n, const int *fds, int n_fds);
/* Receive up to `n` bytes and the descriptors of one sendmsg, at most `max` <= FDPASS_MAX (close-on-exec); more are
 * closed. As recv: 0 at the end, -1 with errno. */
ssize_t	 fdpass_recv(int sock, void *p, size_t n, int *fds, int max, int *n_fds);

#endif
