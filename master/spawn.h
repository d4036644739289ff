/* spawn.h -- forks one child and runs its role. */
#ifndef MASTER_SPAWN_H
#define MASTER_SPAWN_H

#include "seats.h"

/* Start a child for this seat with the present configuration; the caller seats it. NULL when that fails (logged). */
struct child	*spawn_child(struct seat *seat, uint32_t generation);

#endif
