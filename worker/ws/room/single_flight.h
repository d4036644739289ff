/* single_flight.h -- single flight: callers that ask at the same time share one read.
 *
 *
 * Callers that arrive during a read share the *next* read, which one of them makes, so a result is never older
 * than its request. A thousand clients that join a stream at once cost a few reads.
 */
#ifndef ROOM_SINGLE_FLIGHT_H
#define ROOM_SINGLE_FLIGHT_H

#include "base/arena.h"
#include "base/str.h"

typedef int single_flight_read(struct arena *mem, const char *id, struct str *out);

/* `read` of this id; `name` tells one kind of thing from another. *out is in `mem`. Yields. What read returns, or as
 * co_park. */
int	 single_flight_get(struct arena *mem, const char *name, const char *id, single_flight_read *read,
    struct str *out);

#endif
