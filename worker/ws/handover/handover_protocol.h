/* handover_protocol.h -- sends and receives records of the hand-over (handover_records.h), in a coroutine.
 *
 *
 * It also freezes a process for the transfer: no client is read and no handler starts.
 */
#ifndef HANDOVER_HANDOVER_PROTOCOL_H
#define HANDOVER_HANDOVER_PROTOCOL_H

#include <stdint.h>

#include "proc/handover.h"

/* Write these records. Yields. 0, E_DOWN, E_TIMEOUT, E_CANCELED. */
int	 handover_say(struct handover *h, struct str records);
/* A record without fields. */
int	 handover_say_type(struct handover *h, uint8_t type);
/* Wait for the next record, at most `ms`; handover_drop is the caller's. Yields. 0, errors as above. */
int	 handover_hear(struct handover *h, struct handover_record *r, int64_t ms);

/* Freeze: read from no client and no HTTP worker, start no handler. Then resume, and handle what is queued.
 * Neither yields. */
void	 handover_still_begin(void);
void	 handover_still_end(void);

#endif
