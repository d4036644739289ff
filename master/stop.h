/* stop.h -- telling children to stop: one of them, or all of them in order. */
#ifndef MASTER_STOP_H
#define MASTER_STOP_H

#include "seats.h"

/* Ask a child to finish (it keeps its seat, which is filled again when it is gone); ask it and take its seat away; kill
 * it. */
void	 stop_ask(struct child *c);
void	 stop_retire(struct child *c);
void	 stop_kill(struct child *c);

/* Begin to end everything. Patient: for as long as what is under way takes; else within SHUTDOWN_TIMEOUT_MS. Asked
 * again without patience while that runs: now. */
void	 stop_all(bool patient);
bool	 stop_under_way(void);
/* Go on; ends the loop when nobody is left. */
void	 stop_step(void);

#endif
