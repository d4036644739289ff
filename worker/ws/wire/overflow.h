/* overflow.h -- backpressure: what is dropped from the queue of a receiver that does not keep up.
 *
 *
 * The class of a room's event decides (domain/core/room.h): progress is coalesced to the newest; of cards and
 * chat the oldest are dropped, and a `gap {room,missed,from,to}` takes their place, with the seqs of the first
 * and the last missing event; anything else is delivered, or the receiver is disconnected and reconnects.
 */
#ifndef WIRE_OVERFLOW_H
#define WIRE_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "chunk.h"

/* Make the queue fit into `budget` bytes; false: it cannot. */
bool	 overflow_fit(struct queue *q, uint64_t budget);
/* The receiver is dropped: count the events lost with it. */
void	 overflow_count_lost(const struct queue *q);

#endif
