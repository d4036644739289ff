/* listen.h -- the sockets the master opens for its children: the public port, and one Unix socket a fanout process. */
#ifndef MASTER_LISTEN_H
#define MASTER_LISTEN_H

#include <stdbool.h>

#include "worker/child.h"

/* Open all sockets; once, at start-up. Dies with the reason when one cannot be opened. `patient`: children of a killed
 * master may still be closing; retry for a moment while the port is in use. */
void	 listen_open(bool patient);
const struct child_sockets *listen_sockets(void);
/* Before listen_open: register a listening socket from an old master, which is used where HOST and PORT name its
 * address and closed otherwise. `as_is`: it is the public port whatever HOST and PORT say. The second is for a fanout
 * process's socket. */
void	 listen_inherit(int fd, bool as_is);
void	 listen_inherit_fanout(int index, int fd);
/* Whether the public sockets were taken as they are. */
bool	 listen_as_is(void);
/* Remove the Unix sockets (at the end). */
void	 listen_close(void);

#endif
