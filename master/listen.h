/* listen.h -- the sockets the master opens for its children: the public port, and one Unix socket a fanout process. */
#ifndef MASTER_LISTEN_H
#define MASTER_LISTEN_H

#include <stdbool.h>

#include "worker/child.h"

/* Open them all (once, at start-up). What cannot be opened is fatal, with a sentence that says why. `patient`: a master
 * that was killed may have left children behind that are still leaving; wait a little for their port. */
void	 listen_open(bool patient);
const struct child_sockets *listen_sockets(void);
/* Before listen_open: a listening socket that is there already, from an old master (taken where HOST and PORT want its
 * address, else closed) or `as_is` (it is the public port, whatever HOST and PORT say); and one of a fanout process. */
void	 listen_inherit(int fd, bool as_is);
void	 listen_inherit_fanout(int index, int fd);
/* Whether the public sockets were taken as they are. */
bool	 listen_as_is(void);
/* Remove the Unix sockets (at the end). */
void	 listen_close(void);

#endif
