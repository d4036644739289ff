/* single_flight.h -- reading something once for all who ask for it at the same time.
 *
 * Whoever asks gets what was read after he asked: who comes while somebody is reading waits for the next reading, which
 * one of the waiting makes for all. So a thousand who join a stream at once cost a few readings.
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
