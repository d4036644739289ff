/* overflow.h -- queues of receivers that do not keep up: what is left out when there is too much.
 *
 * The class of a room's event decides (domain/core/room.h): of progress the newest stays; of cards and chat the oldest
 * go, and a `gap {room,missed,from,to}` stands in their place, from and to being the sequence numbers of the first and
 * the last that are missing; everything else must arrive, or its receiver is disconnected and comes again.
 */
#ifndef WIRE_OVERFLOW_H
#define WIRE_OVERFLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "chunk.h"

/* Make the queue fit into `budget` bytes; false: it cannot. */
bool	 overflow_fit(struct queue *q, uint64_t budget);
/* Its receiver is dropped: count what is lost with it. */
void	 overflow_count_lost(const struct queue *q);

#endif
