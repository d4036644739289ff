/* listen.h -- the sockets the master opens for its children: the public port, and one Unix socket a fanout process. */
#ifndef MASTER_LISTEN_H
#define MASTER_LISTEN_H

#include "worker/child.h"

/* Open them all (once, at start-up). What cannot be opened is fatal, with a sentence that says why. `patient`: a master that
 * was killed may have left children behind that are still leaving; wait a little for their port. */
void	 listen_open(bool patient);
const struct child_sockets *listen_sockets(void);
/* Remove the Unix sockets (at the end). */
void	 listen_close(void);

#endif
