/* intake.h -- topics to tables, caches and rooms: every message takes effect once. */
#ifndef KAFKA_INTAKE_H
#define KAFKA_INTAKE_H

#include <stdint.h>

/* Consume and apply until the process is asked to stop. Yields; returns then. */
void	 intake_run(void);
/* Redis was away since then (wall clock, ms): what changed in the tables meanwhile is told again. */
void	 intake_unpublished(int64_t since_ms);

#endif
