/* handover_protocol.h -- two fanout processes talk: records of the hand-over (handover_records.h), said and heard in a
 * coroutine.
 *
 * And the stillness in which one hands on and the other takes: no client is heard, no handler begins.
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

/* Hear no client and no HTTP worker, begin no handler; and hear them all again, what waits is handled. Do not yield. */
void	 handover_still_begin(void);
void	 handover_still_end(void);

#endif
