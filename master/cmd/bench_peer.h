/* bench_peer.h -- the least that a server can do, for `dure bench` to compare with: fixed answers, and frames to all
 * who listen. */
#ifndef CMD_BENCH_PEER_H
#define CMD_BENCH_PEER_H

#include <sys/types.h>

#include "base/str.h"

/* So many processes that answer every GET with `answer` and tell every listener (it says "R", and hears one byte)
 * `frame` whenever somebody posts to the process that it is connected to. They end with their parent, and all with the
 * first, whose id is returned. The port into *port. -1: there is none. */
pid_t	 bench_peer_start(struct str answer, struct str frame, int processes, int *port);

#endif
