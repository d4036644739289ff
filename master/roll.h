/* roll.h -- replacing children without a gap: a successor is started, and once it is READY its predecessor drains.
 *
 * One seat at a time, in the order of procs[].reload_turn.
 */
#ifndef MASTER_ROLL_H
#define MASTER_ROLL_H

#include "seats.h"

/* Have this seat's child replaced; or every child that runs another configuration than `generation` and may be
 * replaced. */
void	 roll_seat(struct seat *s);
void	 roll_all(uint32_t generation);
/* A successor died before it was READY. */
void	 roll_lost(struct seat *s);

enum roll_result { ROLL_IDLE, ROLL_BUSY, ROLL_FAILED };
/* Go on as far as possible now. ROLL_FAILED once for each successor that did not come up; its seat keeps its child. */
enum roll_result roll_step(uint32_t generation);
/* Whether somebody is still to be replaced. */
bool	 roll_under_way(void);
/* Forget what was still to be replaced. */
void	 roll_forget(void);
/* Children on seats that are wanted no longer are told to stop. */
void	 roll_retire_surplus(void);

#endif
