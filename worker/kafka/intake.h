/* intake.h -- consumes topics: every message takes effect once on tables, caches and rooms. */
#ifndef KAFKA_INTAKE_H
#define KAFKA_INTAKE_H

#include <stdint.h>

/* Consumes and applies until the process is asked to stop. Yields. */
void	 intake_run(void);
/* Publications since then (ms since 1970) may have been lost: they will be repeated from the tables. Does not yield. */
void	 intake_unpublished(int64_t since_ms);

#endif
