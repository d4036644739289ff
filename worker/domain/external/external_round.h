/* external_round.h -- background rounds of external services: each in one process of all hosts. */
#ifndef EXTERNAL_EXTERNAL_ROUND_H
#define EXTERNAL_EXTERNAL_ROUND_H

#include <stdbool.h>
#include <stdint.h>

/* Claims the round `name`, which comes every `every_ms`: *mine is true in one process. One that dies leaves the next
 * round to any other. Yields. Errors as pg_query. */
int	 external_round_claim(const char *name, int64_t every_ms, bool *mine);

#endif
