/* stop.h -- stops children: one, or all of them in order. */
#ifndef MASTER_STOP_H
#define MASTER_STOP_H

#include "seats.h"

/* Ask a child to finish: it keeps its seat, which is filled again afterwards; ask it and take its seat away; kill it.
 */
void	 stop_ask(struct child *c);
void	 stop_retire(struct child *c);
void	 stop_kill(struct child *c);

/* Begin to stop everything. Patient: for as long as the work under way takes; otherwise within SHUTDOWN_TIMEOUT_MS. A
 * second call without patience stops at once. */
void	 stop_all(bool patient);
bool	 stop_under_way(void);
/* Advance; ends the loop when no child is left. */
void	 stop_step(void);

#endif
