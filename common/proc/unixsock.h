/* unixsock.h -- the Unix sockets in the run directory, by which processes of one host find each other.
 *
 * A name of any length works: the directory is opened, and the socket is reached through /proc/self/fd when the path is
 * longer than an address may be. All are streams, non-blocking and close-on-exec.
 */
#ifndef PROC_UNIXSOCK_H
#define PROC_UNIXSOCK_H

enum { UNIXSOCK_NAME_BYTES = 32 };

/* Listen on `dir`/`name`, mode 0600; one left behind by a dead process is replaced. The descriptor, or -1 with errno.
 */
int	 unixsock_listen(const char *dir, const char *name);
/* Connects to `dir`/`name`. The descriptor, or -1 with errno (ENOENT, ECONNREFUSED: no listener; EAGAIN: its backlog
 * is full). */
int	 unixsock_connect(const char *dir, const char *name);

/* Where the fanout process `index` listens, within DURE_RUN_DIR; returns `name`. */
char	*unixsock_ws_name(char name[UNIXSOCK_NAME_BYTES], int index);
/* Where it listens for its successor, likewise. */
char	*unixsock_handover_name(char name[UNIXSOCK_NAME_BYTES], int index);

#endif
