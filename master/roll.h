/* roll.h -- replacing children without a gap: a successor is started, and once it is READY its predecessor drains.
 *
 * One seat at a time, in the order of procs[].reload_turn.
 */
#ifndef MASTER_ROLL_H
#define MASTER_ROLL_H

#include "seats.h"

/* Mark for replacement: this seat's child; or every child that runs another configuration than `generation` and may be
 * replaced. */
void	 roll_seat(struct seat *s);
void	 roll_all(uint32_t generation);
/* A successor died before it was READY. */
void	 roll_lost(struct seat *s);

enum roll_result { ROLL_IDLE, ROLL_BUSY, ROLL_FAILED };
/* Advance as far as possible without waiting. ROLL_FAILED, once for each, when a successor did not become READY; its
 * seat keeps the old child. */
enum roll_result roll_step(uint32_t generation);
/* Whether seats are still marked for replacement. */
bool	 roll_under_way(void);
/* Clear all marks. */
void	 roll_forget(void);
/* Stop the children whose seats are wanted no longer. */
void	 roll_retire_surplus(void);

#endif
