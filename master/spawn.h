/* spawn.h -- fork one child and make it what its row says. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include "seats.h"

/* Start a child for this seat with the present configuration; it is not seated yet. NULL when it cannot be (logged). */
struct child	*spawn_child(struct seat *seat, uint32_t generation);

#endif
