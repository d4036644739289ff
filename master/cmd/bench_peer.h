/* bench_peer.h -- the least that a server can do, for `dure bench` to compare with: fixed answers, and frames to all
 * who listen. */
#ifndef CMD_BENCH_PEER_H
#define CMD_BENCH_PEER_H

#include <sys/types.h>

#include "base/str.h"

/* A process that answers every GET with `answer` and tells every listener (it says "R", and hears one byte) `frame`
 * whenever somebody posts. It ends with its parent. Its port into *port. -1: there is none. */
pid_t bench_peer_start(struct str answer, struct str frame, int *port);

#endif
